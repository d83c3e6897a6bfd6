"""Skip queued events of a connection: they stay stored, but only a replay sends them.

The activity log says who skipped which events; `reconcile` adds these entries up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from streams.connections.action_log import Conflict, record_action
from streams.connections.models import Connection
from streams.delivery.models import Cursor
from streams.delivery.position_marks import mark_position
from streams.delivery.replay.filter import EventRange
from streams.delivery.skips import SKIPPED
from streams.delivery.wake import wake_after_commit
from streams.events.models import Event, Feed
from streams.events.time_index import last_before

if TYPE_CHECKING:
    from datetime import datetime

    from streams.tenancy.models import User


class NothingToSkip(ValueError):
    """No queued event was received before that time."""


class CannotSkip(Conflict):
    """The events are not queued any more, or the connection was deleted."""


def queued_before(connection: Connection, moment: datetime) -> EventRange:
    """Return the queued events that were received before a moment. Raises NothingToSkip."""
    cursor = _live_cursor(connection)
    last = min(last_before(cursor.feed, moment), cursor.feed.head_seq)
    if last <= cursor.position:
        raise NothingToSkip(_("No queued event was received before this time."))
    return EventRange(cursor.position, last)


@transaction.atomic
def skip(*, connection: Connection, up_to: int, actor: User | None) -> EventRange:
    """Skip all queued events up to the number `up_to`; return them.

    Events that were sent since someone reviewed the number don't count. If a request with
    some of them is running, they count as delivered once Segment accepts it. Raises
    CannotSkip.
    """
    feed = Feed.objects.select_for_update(no_key=True).get(pk=connection.feed_id)
    Cursor.objects.lock_of(connection)
    if not Connection.objects.current().filter(pk=connection.pk).exists():
        raise CannotSkip(_("This connection was just deleted."))
    cursor = _live_cursor(connection)
    if not cursor.position < up_to <= feed.head_seq:
        raise CannotSkip(_("These events are no longer queued. Nothing was skipped."))
    skipped = EventRange(cursor.position, up_to)
    mark_position(cursor)
    _move(cursor, skipped, feed)
    wake_after_commit({feed.stream_id})
    record_action(
        SKIPPED,
        connection,
        actor,
        feed=feed.pk,
        cursor=cursor.pk,
        events=skipped.size,
        first_seq=skipped.first,
        last_seq=skipped.end,
    )
    return skipped


def _live_cursor(connection: Connection) -> Cursor:
    live = Cursor.objects.select_related("feed").filter(kind=Cursor.Kind.LIVE)
    return live.get(connection=connection)


def _move(cursor: Cursor, skipped: EventRange, feed: Feed) -> None:
    last = Event.objects.filter(feed=feed, seq=skipped.end)
    if cursor.position_at is not None:  # so that PostgreSQL skips older partitions
        last = last.filter(received_at__gte=cursor.position_at)
    cursor.position_at = last.values_list("received_at", flat=True).get()
    cursor.position, cursor.filtered = skipped.end, cursor.filtered + skipped.size
    if cursor.suspect_seq is not None and cursor.suspect_seq <= skipped.end:
        cursor.suspect_seq = None
    if skipped.end == feed.head_seq:  # the feed is locked, so no append can happen
        cursor.due_at, cursor.failures, cursor.failing_since = None, 0, None
    cursor.save(
        update_fields=[
            "position", "position_at", "filtered", "suspect_seq", "due_at", "failures",
            "failing_since",
        ]
    )  # fmt: skip
