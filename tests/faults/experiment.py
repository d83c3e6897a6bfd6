"""Run traffic, cause a fault and end it, and check that nothing was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.delivery.models import Cursor
from tests.faults.invariants import broken_at_rest, broken_now, unreconciled
from tests.faults.receiver import Receiver
from tests.faults.traffic import Traffic
from tests.portal_processes import until

if TYPE_CHECKING:
    from tests.faults.deployment import Deployment
    from tests.faults.flows import Flow

RECOVERY_BOUND_S = 60.0  # the goal is 30; a busy machine may be slower
SETTLING_S = 90.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure that starts when the block begins and ends when the block ends.

    `losses` is how many responses of Segment it may cost each flow.
    """

    name: str
    breaks: Callable[[Deployment], AbstractContextManager[None]]
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault from its beginning to the recovery, on the monotonic clock."""

    fault: Fault
    began_s: float
    recovered_s: float


@dataclass(slots=True)
class Experiment:
    deployment: Deployment
    traffic: Traffic
    receiver: Receiver
    recoveries_s: list[tuple[str, float]] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)

    def cause(self, fault: Fault, *, for_s: float = 0.0) -> float:
        """Cause the fault for a while; return the seconds from its end to recovery.

        A connection that was not served waits about as long again as it has waited.
        """
        with self.during(fault, within_s=RECOVERY_BOUND_S + for_s):
            time.sleep(for_s)
        return self.recoveries_s[-1][1]

    @contextmanager
    def during(
        self, fault: Fault, *, within_s: float = RECOVERY_BOUND_S
    ) -> Iterator[None]:
        """Cause the fault during the block."""
        for flow in self.traffic.flows:
            flow.losses += fault.losses
        began_s = time.monotonic()
        with fault.breaks(self.deployment):
            yield
        self.recover(fault.name, within_s=within_s)
        self.strikes.append(Strike(fault, began_s, time.monotonic()))

    def await_request(self, flow: Flow) -> None:
        """Wait until one more request of the flow is acknowledged."""
        goal = flow.acknowledged + self.traffic.batch
        until(lambda: flow.acknowledged >= goal)

    def await_more(self, events: int, *flows: Flow) -> None:
        """Wait until this many more events of each of these flows are at Segment."""
        goals = [(flow, flow.acknowledged + events) for flow in flows]
        until(lambda: all(self.receiver.has(*goal) for goal in goals))

    def recover(self, name: str, *, within_s: float = RECOVERY_BOUND_S) -> float:
        """Return the seconds until the next event of each flow is at Segment."""
        steady = [flow for flow in self.traffic.flows if not flow.stops]
        next_ones = [(flow, flow.acknowledged + 1) for flow in steady]
        took_s = until(
            lambda: all(self.receiver.has(*one) for one in next_ones),
            within_s=within_s,
        )
        print(f"{name}: recovered in {took_s:.1f} s", flush=True)
        self.recoveries_s.append((name, took_s))
        wrong = [*broken_now(self.traffic, self.receiver)]
        assert not wrong, wrong
        return took_s


@contextmanager
def under_traffic(
    deployment: Deployment,
    flows: Sequence[Flow],
    *,
    skipped: frozenset[str] = frozenset(),
    **traffic: float,
) -> Iterator[Experiment]:
    """Send traffic during the block; then check that everything adds up."""
    receiver = Receiver(deployment.segment, flows, skipped)
    experiment = Experiment(
        deployment, Traffic(deployment.url_for, flows, **traffic), receiver
    )
    with receiver.following():
        with experiment.traffic.flowing():
            yield experiment
        until(lambda: _all_settled(experiment), within_s=SETTLING_S)
    wrong = [*broken_at_rest(experiment.traffic, receiver)]
    assert not wrong, wrong
    unproven = unreconciled()
    assert not unproven, unproven


def _all_settled(experiment: Experiment) -> bool:
    flows = experiment.traffic.flows
    due = Cursor.objects.filter(pk__in=[flow.cursor.pk for flow in flows])
    return not due.exclude(due_at=None).exists()
