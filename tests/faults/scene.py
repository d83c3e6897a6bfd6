"""Traffic flows, something breaks and is mended, and what must hold is looked at."""

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
from tests.running import until

if TYPE_CHECKING:
    from tests.faults.deployment import Site
    from tests.faults.event_lanes import Lane

RECOVERY_BOUND_S = 60.0  # the goal is 30; a busy machine is let be slower
SETTLING_S = 90.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks when the block begins and is mended when it ends.

    `losses` is how many answers of Segment it may cost each lane.
    """

    name: str
    breaks: Callable[[Site], AbstractContextManager[None]]
    losses: int = 0


@dataclass(slots=True)
class Scene:
    site: Site
    traffic: Traffic
    receiver: Receiver
    recoveries_s: list[tuple[str, float]] = field(default_factory=list)

    def endure(self, fault: Fault, *, for_s: float = 0.0) -> float:
        """Have it break for a while; the seconds from the mending until all goes again.

        A connection that was not served waits about as long again as it has waited.
        """
        with self.broken(fault, within_s=RECOVERY_BOUND_S + for_s):
            time.sleep(for_s)
        return self.recoveries_s[-1][1]

    @contextmanager
    def broken(
        self, fault: Fault, *, within_s: float = RECOVERY_BOUND_S
    ) -> Iterator[None]:
        """The same for as long as the block."""
        for lane in self.traffic.lanes:
            lane.losses += fault.losses
        with fault.breaks(self.site):
            yield
        self.recover(fault.name, within_s=within_s)

    def await_request(self, lane: Lane) -> None:
        """Until one more request of the lane is acknowledged."""
        goal = lane.acknowledged + self.traffic.batch
        until(lambda: lane.acknowledged >= goal)

    def await_more(self, events: int, *lanes: Lane) -> None:
        """Until so many more of each of these lanes' events are at Segment."""
        goals = [(lane, lane.acknowledged + events) for lane in lanes]
        until(lambda: all(self.receiver.has(*goal) for goal in goals))

    def recover(self, name: str, *, within_s: float = RECOVERY_BOUND_S) -> float:
        """The seconds until each lane's next event is acknowledged and at Segment."""
        next_ones = [(lane, lane.acknowledged + 1) for lane in self.traffic.lanes]
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
def playing(
    site: Site,
    lanes: Sequence[Lane],
    *,
    skipped: frozenset[str] = frozenset(),
    **traffic: float,
) -> Iterator[Scene]:
    """Traffic over these lanes for as long as the block; then all must add up."""
    receiver = Receiver(site.segment, lanes, skipped)
    scene = Scene(site, Traffic(site.url_for, lanes, **traffic), receiver)
    with receiver.following():
        with scene.traffic.flowing():
            yield scene
        until(lambda: _all_settled(scene), within_s=SETTLING_S)
    wrong = [*broken_at_rest(scene.traffic, receiver)]
    assert not wrong, wrong
    unproven = unreconciled()
    assert not unproven, unproven


def _all_settled(scene: Scene) -> bool:
    lanes = scene.traffic.lanes
    due = Cursor.objects.filter(pk__in=[lane.cursor.pk for lane in lanes])
    return not due.exclude(due_at=None).exists()
