"""The status of events and their delivery attempts, for pages. Events store no status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from streams.delivery.models import Cursor, Delivery, Rejection
from streams.delivery.segment.batch import MAX_EVENTS
from streams.delivery.skips import Skip, skips_of
from streams.events.erasure.tombstones import ERASED
from streams.events.models import Event, Feed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime


# Attempts shown for one event: more than three days of retries at the slowest rate.
ATTEMPTS_SHOWN = 200
# A partition of deliveries is a day, and the clocks of two machines differ.
CLOCK_MARGIN = timedelta(days=1)


class EventState(TextChoices):
    """The state of one event."""

    PENDING = "pending", _("Queued")
    HELD = "held", _("Queued: delivery stopped")
    DELIVERED = "delivered", _("Delivered")
    REJECTED = "rejected", _("Rejected by Segment")
    RECOVERED = "recovered", _("Recovered")
    FILTERED = "filtered", _("Skipped")
    ERASED = "erased", _("Erased")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStatus:
    """The state of one event, and the connection that it belongs to."""

    state: EventState
    connection_id: int | None = None  # the one whose cursor accounts for it
    delivery_id: int | None = None  # the attempt that delivered it
    reason: str = ""  # of a rejection
    recovered_at: datetime | None = None  # when a replay delivered a rejected event
    replay_id: str = ""  # the public ID of that replay
    skip: Skip | None = None  # who skipped a queued event, and when


def attempts_with(feed: Feed, seq: int) -> list[Delivery]:
    """Return all attempts with the event, including replays, newest first."""
    # No range is longer than MAX_EVENTS, which bounds the search.
    attempts = Delivery.objects.filter(
        connection__in=list(feed.connections.values_list("pk", flat=True)),
        last_seq__range=(seq, seq + MAX_EVENTS - 1),
        first_seq__lte=seq,
    )
    newest = attempts.select_related("cursor__replay", "cursor__feed").order_by("-pk")
    found = list(newest[:ATTEMPTS_SHOWN])
    cursors = {delivery.cursor_id: delivery.cursor for delivery in found}
    # A replay's range contains events that its filter leaves out.
    senders = {
        pk
        for pk, cursor in cursors.items()
        if cursor.end_seq is None or cursor.replay.sends(seq)
    }
    return [delivery for delivery in found if delivery.cursor_id in senders]


def statuses(feed: Feed, events: Sequence[Event]) -> dict[int, EventStatus]:
    """Return the state of each event by number, with three queries in all."""
    cursors = live_cursors(feed)
    by_cursor: dict[Cursor, list[Event]] = {}
    found: dict[int, EventStatus] = {}
    for event in events:
        if event.type == ERASED:
            found[event.seq] = EventStatus(state=EventState.ERASED)
            continue
        cursor = _accountable(cursors, event.seq)
        if cursor is not None and event.seq <= cursor.position:
            by_cursor.setdefault(cursor, []).append(event)
        else:
            found[event.seq] = _unsent(cursors, cursor)
    for cursor, sent in by_cursor.items():
        found.update(_settled(cursor, sent))
    return found


def live_cursors(feed: Feed) -> list[Cursor]:
    """Return the live cursors of all connections, including deleted ones, newest first."""
    live = Cursor.objects.filter(feed=feed, kind=Cursor.Kind.LIVE)
    return list(live.order_by("-connection_id"))


def _accountable(cursors: Sequence[Cursor], seq: int) -> Cursor | None:
    """Return the newest cursor that started before the event; it decides the state."""
    return next((c for c in cursors if c.start < seq), None)


def _unsent(cursors: Sequence[Cursor], cursor: Cursor | None) -> EventStatus:
    if cursor is None:
        # There is no connection yet, or it started after this event.
        return EventStatus(state=EventState.FILTERED if cursors else EventState.HELD)
    if cursor is not cursors[0]:
        return EventStatus(
            state=EventState.FILTERED, connection_id=cursor.connection_id
        )
    state = EventState.HELD if cursor.held else EventState.PENDING
    return EventStatus(state=state, connection_id=cursor.connection_id)


def _settled(
    cursor: Cursor, events: Sequence[Event]
) -> Iterator[tuple[int, EventStatus]]:
    seqs = [event.seq for event in events]
    rejected = Rejection.objects.filter(cursor=cursor, seq__in=seqs)
    rejections = {
        rejection.seq: rejection
        for rejection in rejected.select_related("recovered_by__replay")
    }
    delivered_by = _delivered_by(cursor, events)
    skips = skips_of([cursor]).get(cursor.pk, [])
    connection_id = cursor.connection_id
    for seq in seqs:
        if seq in rejections:
            yield seq, _rejected(rejections[seq], connection_id)
        elif skip := next((one for one in skips if seq in one), None):
            state = EventState.FILTERED
            yield seq, EventStatus(state=state, connection_id=connection_id, skip=skip)
        else:
            yield (
                seq,
                EventStatus(
                    state=EventState.DELIVERED,
                    connection_id=connection_id,
                    delivery_id=delivered_by.get(seq),
                ),
            )


def _rejected(rejection: Rejection, connection_id: int) -> EventStatus:
    if rejection.recovered_by is None:
        return EventStatus(
            state=EventState.REJECTED,
            connection_id=connection_id,
            reason=rejection.reason,
        )
    return EventStatus(
        state=EventState.RECOVERED,
        connection_id=connection_id,
        reason=rejection.reason,
        recovered_at=rejection.recovered_at,
        replay_id=rejection.recovered_by.replay.public_id,
    )


def _delivered_by(cursor: Cursor, events: Sequence[Event]) -> dict[int, int]:
    """Return the attempt that delivered each event, where it is still stored."""
    # Found by the index on (connection, last_seq); the bounds keep it short.
    attempts = (
        Delivery.objects.filter(
            connection=cursor.connection_id,
            cursor=cursor,
            outcome=Delivery.Outcome.DELIVERED,
            first_seq__lte=OuterRef("seq"),
            last_seq__gte=OuterRef("seq"),
            last_seq__lt=OuterRef("seq") + MAX_EVENTS,
            started_at__gte=min(e.received_at for e in events) - CLOCK_MARGIN,
        )
        .order_by("last_seq")
        .values("pk")[:1]
    )
    found = Event.objects.filter(
        feed=cursor.feed_id,
        seq__in=[event.seq for event in events],
        received_at__range=(
            min(e.received_at for e in events),
            max(e.received_at for e in events),
        ),
    ).annotate(delivery=Subquery(attempts))
    return dict(found.exclude(delivery=None).values_list("seq", "delivery"))
