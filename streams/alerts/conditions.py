"""When a connection has a condition. Each is one query over data that delivery stores anyway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from streams.alerts.models import Alert
from streams.connections.models import Connection
from streams.delivery.limits.send_policy import unblocked
from streams.delivery.models import Cursor
from streams.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

Condition = Alert.Condition
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition and its hold times, which turn flapping into one alert."""

    condition: Alert.Condition
    # The live cursors with the condition at a time, annotated with its start as `began`.
    holding: Callable[[datetime], QuerySet[Cursor]]
    opens_after: timedelta
    closes_after: timedelta
    # How long a notice waits. One that waits is dropped if the alert closes first, because
    # failures of Segment or the portal often end before customers could do anything.
    notice_waits: timedelta = timedelta(0)
    # The number of connections of a stream from which its partner is notified, and how long
    # that notice collects them.
    partner_from: int
    partner_waits: timedelta
    # Whether each run of the task looks for connections whose status has just changed.
    # The other conditions are compared once a minute.
    opens_at_once: bool = False

    def opens(self, began: datetime, now: datetime) -> bool:
        """Whether a condition has lasted long enough."""
        # Without a hold time, the clock of the process that noted it may be ahead.
        return not self.opens_after or began <= now - self.opens_after


def live() -> QuerySet[Cursor]:
    """Return the live cursors of connections that are not deleted."""
    return Cursor.objects.filter(
        kind=Cursor.Kind.LIVE, connection__deleted_at=None
    ).order_by()


def delivering() -> QuerySet[Cursor]:
    """Return the live cursors that nothing stops; their attempts may fail."""
    return unblocked(live().filter(held=False))


def _attention(_: datetime) -> QuerySet[Cursor]:
    stopped = live().filter(connection__status=Connection.Status.ATTENTION)
    return stopped.annotate(began=F("connection__status_at"))


def _retrying(_: datetime) -> QuerySet[Cursor]:
    # With a reason, it waits for the operator (delivery/engine/unreadable_keys.py).
    failing = delivering().filter(failures__gt=0, connection__status_reason="")
    return failing.annotate(began=F("failing_since"))


def _late(now: datetime) -> QuerySet[Cursor]:
    """Return the cursors with an event that waits for its turn for too long."""
    waiting = delivering().filter(failures=0, due_at__lte=now)
    # The next event is at least as new as the last one, which is known without a lookup.
    old = Q(position_at=None) | Q(position_at__lte=now - LATE_AFTER)
    first = Event.objects.filter(
        feed=OuterRef("feed"),
        seq=OuterRef("position") + 1,
        # So that PostgreSQL skips older partitions.
        received_at__gte=Coalesce(OuterRef("position_at"), Value(_BEGINNING)),
    )
    received = Subquery(first.values("received_at")[:1])
    overdue = waiting.filter(old).annotate(received_at=received)
    # While delivery was stopped, it was not late.
    began = Greatest(F("received_at"), F("connection__status_at"))
    return overdue.filter(received_at__isnull=False).annotate(began=began)


LATE_AFTER = timedelta(minutes=15)
MANY = 5  # connections that fail at the same time: not the fault of one customer
RULES = (
    Rule(
        condition=Condition.ATTENTION,
        holding=_attention,
        opens_after=timedelta(0),
        closes_after=timedelta(minutes=1),
        partner_from=1,
        partner_waits=timedelta(seconds=10),
        opens_at_once=True,
    ),
    Rule(
        condition=Condition.RETRYING,
        holding=_retrying,
        opens_after=timedelta(minutes=5),
        closes_after=timedelta(minutes=2),
        notice_waits=timedelta(minutes=30),
        partner_from=MANY,
        partner_waits=timedelta(minutes=2),
    ),
    Rule(
        condition=Condition.LATE,
        holding=lambda now: _late(now).filter(Q(began__lte=now - LATE_AFTER)),
        opens_after=LATE_AFTER,
        closes_after=timedelta(minutes=2),
        notice_waits=timedelta(minutes=30),
        partner_from=MANY,
        partner_waits=timedelta(minutes=2),
    ),
)
BY_CONDITION = {rule.condition: rule for rule in RULES}
