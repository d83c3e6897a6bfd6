"""Conditions of connections: whether events are delivered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import (
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Greatest

from streams.alerts.conditions.lateness import SHORTEST
from streams.alerts.conditions.rule import Condition, Held, Recovery, Rule
from streams.connections.models import Connection
from streams.delivery.limits.send_policy import unblocked
from streams.delivery.models import Cursor
from streams.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "connection", "feed", "feed__workspace", "stream", "stream__partner",
    "connection__status_reason", "began",
)  # fmt: skip


def live() -> QuerySet[Cursor]:
    """Return the live cursors of connections that are not deleted."""
    return Cursor.objects.filter(
        kind=Cursor.Kind.LIVE, connection__deleted_at=None
    ).order_by()


def delivering() -> QuerySet[Cursor]:
    """Return the live cursors that nothing stops; their attempts may fail."""
    return unblocked(live().filter(held=False))


def _held(cursors: QuerySet[Cursor]) -> Iterable[Held]:
    """Read live cursors, which are annotated with the start of the condition as `began`."""
    rows = cursors.values_list(*_COLUMNS)
    for connection, feed, workspace, stream, partner, reason, began in rows.iterator():
        yield Held(
            subject=f"connection:{connection}",
            began=began,
            reason=reason,
            connection=connection,
            feed=feed,
            workspace=workspace,
            stream=stream,
            partner=partner,
        )


def _attention() -> QuerySet[Cursor]:
    stopped = live().filter(connection__status=Connection.Status.ATTENTION)
    return stopped.annotate(began=F("connection__status_at"))


def _retrying() -> QuerySet[Cursor]:
    # With a reason, it waits for the operator (delivery/engine/unreadable_keys.py).
    failing = delivering().filter(failures__gt=0, connection__status_reason="")
    return failing.annotate(began=F("failing_since"))


def _late(now: datetime) -> QuerySet[Cursor]:
    """Return the cursors with an event that waits for its turn for too long."""
    waiting = delivering().filter(failures=0, due_at__lte=now)
    # The next event is at least as new as the last one, which is known without a lookup.
    old = Q(position_at=None) | Q(position_at__lte=now - SHORTEST)
    first = Event.objects.filter(
        feed=OuterRef("feed"),
        seq=OuterRef("position") + 1,
        # So that PostgreSQL skips older partitions.
        received_at__gte=Coalesce(OuterRef("position_at"), Value(_BEGINNING)),
    )
    received = Subquery(first.values("received_at")[:1])
    # Only a few cursors are left. For these, the setting of their workspace applies.
    late_at = ExpressionWrapper(
        Value(now) - F("feed__workspace__late_after"), DateTimeField()
    )
    overdue = waiting.filter(old).annotate(received_at=received)
    # While delivery was stopped, it was not late.
    began = Greatest(F("received_at"), F("connection__status_at"))
    found = overdue.filter(received_at__isnull=False).annotate(began=began)
    return found.filter(began__lte=late_at)


def _key_unknown() -> QuerySet[Cursor]:
    """Return the cursors whose key Segment doesn't know, unless someone saw a test event."""
    connection = live().filter(
        connection__known=False, connection__status=Connection.Status.ACTIVE
    )
    unseen = Q(connection__seen_at=None) | Q(
        connection__seen_at__lte=F("connection__known_at")
    )
    return connection.filter(unseen, connection__known_at__isnull=False).annotate(
        began=F("connection__known_at")
    )


MANY = 5  # connections that fail at the same time: not the fault of one customer
RULES = (
    Rule(
        condition=Condition.ATTENTION,
        holding=lambda _: _held(_attention()),
        recent=lambda since: _held(
            _attention().filter(connection__status_at__gt=since)
        ),
        closes_after=timedelta(minutes=1),
        recovery=Recovery.DELIVERED,
        partner_from=1,
        partner_waits=timedelta(seconds=10),
    ),
    Rule(
        condition=Condition.RETRYING,
        holding=lambda _: _held(_retrying()),
        opens_after=timedelta(minutes=5),
        closes_after=timedelta(minutes=2),
        recovery=Recovery.DELIVERED,
        notice_waits=timedelta(minutes=30),
        partner_from=MANY,
        partner_waits=timedelta(minutes=2),
    ),
    Rule(
        condition=Condition.LATE,
        holding=lambda now: _held(_late(now)),
        opens_after=SHORTEST,  # the query applies the setting of each workspace
        closes_after=timedelta(minutes=2),
        recovery=Recovery.DELIVERED,
        notice_waits=timedelta(minutes=30),
        partner_from=MANY,
        partner_waits=timedelta(minutes=2),
    ),
    # Someone who has just entered the key sees it on the page.
    Rule(
        condition=Condition.KEY_UNKNOWN,
        holding=lambda _: _held(_key_unknown()),
        opens_after=timedelta(minutes=10),
        closes_after=timedelta(minutes=2),
        recovery=Recovery.ENDED,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
)
