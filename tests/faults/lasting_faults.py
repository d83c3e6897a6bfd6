"""Faults that last longer than the hold time of a condition, beside the random ones.

Each concerns connections of its own, so that everything else goes on: keys that Segment
refuses, keys that it doesn't respond to, and a stream that an operator stops. Others concern
the receivers of notices. Each runs in a thread of its own.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connections

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.conditions.portal import NO_BEAT_AFTER
from streams.alerts.models import Alert
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.connection.status import (
    CannotResume,
    CannotRetry,
    resume,
    retry_now,
)
from streams.delivery.limits.halts import AlreadyLifted, halt, lift
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from tests import factories
from tests.faults.all_faults import killed
from tests.faults.flows import open_flows

if TYPE_CHECKING:
    from tests.faults.experiment import Experiment
    from tests.faults.flows import Flow
    from tests.faults.notice_receivers import NoticeReceivers

Condition = Alert.Condition
# Beyond the hold time: until the next evaluation, and the random faults that may delay it.
MARGIN_S = 150.0
PAUSE_S = 30.0  # the longest between two faults of a kind
RECEIVERS_S = (20.0, 100.0)  # the duration of a fault of receivers
MANY = 21  # connections of which operators are notified (conditions/portal.py)
LOOK_EVERY_S = 0.5
PATIENCE_S = 600.0  # for any wait, so that a soak that is broken ends and says why


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that must open between these times, and close after the second."""

    condition: str
    subject: str
    began: datetime
    ended: datetime
    to: str  # the workspace's admin and endpoint, as in `admin_of`; or empty

    def __str__(self) -> str:
        return f"{self.condition} of {self.subject}, {self.began:%H:%M:%S} to {self.ended:%H:%M:%S}"


@dataclass(slots=True)
class LastingFaults:
    """The connections that lasting faults concern, and which faults there were."""

    receivers: NoticeReceivers
    refused: list[Flow] = field(default_factory=list)  # one at a time
    many: list[Flow] = field(default_factory=list)  # all at once
    failing: list[Flow] = field(default_factory=list)
    halted: list[Flow] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    of_receivers: int = 0
    errors: list[Exception] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def flows(self) -> list[Flow]:
        return [*self.refused, *self.many, *self.failing, *self.halted]

    def without_beat(self, experiment: Experiment) -> None:
        """Stop beat until operators are notified. Everything but deliveries in progress waits for it."""
        begun = now()
        lasts_s = NO_BEAT_AFTER.total_seconds() + MARGIN_S
        experiment.cause(killed("beat"), for_s=lasts_s)
        self._expect(Condition.NO_BEAT, "portal:beat", begun)

    @contextmanager
    def striking(
        self, experiment: Experiment, *, seed: int, seconds: float
    ) -> Iterator[None]:
        """Cause them during the block, those that fit into it; wait until all have ended."""
        ends_s = time.monotonic() + seconds
        kinds = (self._refuse, self._refuse_many, self._fail, self._halt, self._disturb)
        threads = [
            threading.Thread(
                target=self._repeat, args=(kind, experiment, f"{seed}-{number}", ends_s)
            )
            for number, kind in enumerate(kinds)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        assert not self.errors, self.errors

    def _repeat(
        self,
        kind: Callable[[Experiment, random.Random, float], bool],
        experiment: Experiment,
        seed: str,
        ends_s: float,
    ) -> None:
        chance = random.Random(seed)
        try:
            while not self._over.wait(chance.uniform(0, PAUSE_S)):
                if not kind(experiment, chance, ends_s - time.monotonic()):
                    return
        except Exception as error:  # noqa: BLE001 - `striking` reports it in the main thread
            self.errors.append(error)
        finally:
            connections.close_all()

    def _refuse(
        self, experiment: Experiment, chance: random.Random, left_s: float
    ) -> bool:
        """Have Segment refuse a key until someone has repaired it."""
        return self._reject([chance.choice(self.refused)], experiment, left_s)

    def _refuse_many(
        self, experiment: Experiment, _: random.Random, left_s: float
    ) -> bool:
        """Have Segment refuse many keys at once, of which operators are notified."""
        begun = now()
        if self._reject(self.many, experiment, left_s):
            self._expect(Condition.MANY_STOPPED, "portal:connections", begun)
        return False  # once is enough

    def _reject(self, flows: list[Flow], experiment: Experiment, left_s: float) -> bool:
        if left_s < MARGIN_S:
            return False
        deployment, begun = experiment.deployment, now()
        deployment.respond({flow.write_key: 401 for flow in flows})
        self._await(flows, held=True)
        time.sleep(MARGIN_S)
        deployment.respond({flow.write_key: None for flow in flows})
        for flow in flows:
            self._expect(Condition.ATTENTION, _subject(flow), begun, to=flow.name)
            _patiently(_resume, flow)
        _await_recovery(flows, experiment)
        return True

    def _fail(self, experiment: Experiment, _: random.Random, left_s: float) -> bool:
        """Have Segment respond with 503 to some keys."""
        lasts_s = _hold_s(Condition.RETRYING) + MARGIN_S
        if left_s < lasts_s:
            return False
        deployment = experiment.deployment
        deployment.respond({flow.write_key: 503 for flow in self.failing})
        begun, began = now(), {}
        ends_s = time.monotonic() + lasts_s
        while time.monotonic() < ends_s:
            for flow in self.failing:
                if flow not in began and _patiently(_is_failing, flow):
                    began[flow] = now()
            time.sleep(LOOK_EVERY_S)
        deployment.respond({flow.write_key: None for flow in self.failing})
        for flow, at in began.items():
            if now() - at > timedelta(seconds=lasts_s - MARGIN_S / 2):
                self._expect(Condition.RETRYING, _subject(flow), begun)
        for flow in self.failing:
            _patiently(_retry, flow)
        _await_recovery(self.failing, experiment)
        return True

    def _halt(self, experiment: Experiment, _: random.Random, left_s: float) -> bool:
        """Stop a stream, as an operator does."""
        lasts_s = _hold_s(Condition.HALTED) + MARGIN_S
        if left_s < lasts_s:
            return False
        stream, begun = self.halted[0].cursor.stream, now()
        _patiently(_stop, stream)
        time.sleep(lasts_s)
        self._expect(Condition.HALTED, f"stream:{stream.pk}", begun)
        _patiently(_continue, stream)
        _await_recovery(self.halted, experiment)
        return True

    def _disturb(self, _: Experiment, chance: random.Random, left_s: float) -> bool:
        """Have the receivers of notices fail."""
        least_s, most_s = RECEIVERS_S
        if left_s < most_s:
            return False
        receivers = self.receivers
        faults = (
            receivers.email_down, receivers.email_refused,
            receivers.webhooks_failing, receivers.webhooks_hanging,
        )  # fmt: skip
        with chance.choice(faults)():
            time.sleep(chance.uniform(least_s, most_s))
        self.of_receivers += 1
        return True

    def _await(self, flows: Sequence[Flow], **fields: Any) -> None:
        """Wait until all of their cursors are like that."""
        cursors = [flow.cursor.pk for flow in flows]
        like_that = Cursor.objects.filter(pk__in=cursors, **fields)
        _wait_until(lambda: _patiently(like_that.count) == len(flows), LOOK_EVERY_S)

    def _expect(
        self, condition: str, subject: str, begun: datetime, *, to: str = ""
    ) -> None:
        self.expected.append(Expected(condition, subject, begun, now(), to))


def open_lasting(receivers: NoticeReceivers) -> LastingFaults:
    """Create the connections of these faults, and all who are notified."""
    made = LastingFaults(receivers)
    made.refused = _open(receivers, "refused", 2)
    made.many = _open(receivers, "many", MANY, pause_s=5.0)
    made.failing = _open(receivers, "failing", 5)
    made.halted = _open(receivers, "halted", 2)
    factories.staff("operator@example.com")
    return made


def admin_of(name: str) -> str:
    return f"{name}@example.com"


def _open(
    receivers: NoticeReceivers, name: str, count: int, *, pause_s: float = 1.0
) -> list[Flow]:
    """Create connections of one stream. Each workspace has an admin and an endpoint."""
    flows = open_flows(*[f"{name}{number}" for number in range(count)])
    for flow in flows:
        flow.stops, flow.pause_s = True, pause_s
        workspace = flow.cursor.feed.workspace
        factories.member(workspace, "admin", admin_of(flow.name))
        factories.webhook_endpoint(workspace, receivers.url(f"/{flow.name}"))
    owner = flows[0].cursor.stream.partner
    factories.partner_member(owner, "admin", admin_of(f"partner-{name}"))
    factories.webhook_endpoint(owner, receivers.url(f"/partner-{name}"))
    slack = receivers.url(f"/slack/{name}")
    factories.webhook_endpoint(owner, slack, kind="slack")
    return flows


def _subject(flow: Flow) -> str:
    return f"connection:{flow.cursor.connection_id}"


def _hold_s(condition: Condition) -> float:
    return BY_CONDITION[condition].opens_after.total_seconds()


def _await_recovery(flows: Sequence[Flow], experiment: Experiment) -> None:
    """Wait until all events of these flows have arrived, and their alerts have closed."""
    goals = [(flow, flow.acknowledged) for flow in flows]

    def have_arrived() -> bool:
        if all(experiment.receiver.has(*goal) for goal in goals):
            return True
        for flow in flows:
            _patiently(_retry, flow)
        return False

    _wait_until(have_arrived, 5.0)
    # Otherwise the next fault would continue the alert.
    own = Alert.objects.open().filter(stream=flows[0].cursor.stream_id)
    _wait_until(lambda: not _patiently(own.exists), 5.0)


def _wait_until(is_so: Callable[[], bool], every_s: float) -> None:
    ends_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_s, f"not so within {PATIENCE_S:.0f} s"
        time.sleep(every_s)


def _patiently[**P, T](ask: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Ask the database until it responds: a random fault may concern it."""
    ends_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask(*arguments, **named)
        except DatabaseError:
            if time.monotonic() > ends_s:
                raise
            connections.close_all()
            time.sleep(LOOK_EVERY_S)


def _connection(flow: Flow) -> Connection:
    return Connection.objects.get(pk=flow.cursor.connection_id)


def _resume(flow: Flow) -> None:
    with suppress(CannotResume):  # done before its response was lost
        resume(connection=_connection(flow), actor=None)


def _retry(flow: Flow) -> None:
    with suppress(CannotRetry):
        retry_now(connection=_connection(flow), actor=None)


def _is_failing(flow: Flow) -> bool:
    return Cursor.objects.filter(pk=flow.cursor.pk, failures__gt=0).exists()


def _stop(stream: Any) -> None:
    if not Halt.objects.filter(stream=stream).exists():
        halt(stream=stream, region="", reason="Maintenance", actor=None)


def _continue(stream: Any) -> None:
    found = Halt.objects.filter(stream=stream).first()
    if found:
        with suppress(AlreadyLifted):
            lift(halt=found, reason="Done", actor=None)
