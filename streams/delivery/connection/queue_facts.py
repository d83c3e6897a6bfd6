"""Facts about the queue of a connection that pages show. Each costs one short query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.delivery.models import Delivery
from streams.events.models import Event

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.models import Cursor
    from streams.events.models import Feed

# The attempts of replays that may be newer than the last one of the live cursor.
NEWEST = 20


def oldest_queued_at(cursor: Cursor) -> datetime | None:
    """Return when the first event after the cursor was received; None: there is none."""
    after = Event.objects.filter(feed=cursor.feed_id, seq=cursor.position + 1)
    if cursor.position_at is not None:  # so that PostgreSQL skips older partitions
        after = after.filter(received_at__gte=cursor.position_at)
    return after.values_list("received_at", flat=True).first()


def oldest_retained_at(feed: Feed) -> datetime | None:
    """Return when the oldest event of a feed was received; None: there is none."""
    oldest = Event.objects.filter(feed=feed, seq=feed.expired_seq + 1)
    return oldest.values_list("received_at", flat=True).first()


def last_failed_attempt(cursor: Cursor) -> Delivery | None:
    """Return the last attempt of a live cursor if it is being retried."""
    newest = Delivery.objects.filter(connection=cursor.connection_id).order_by("-pk")
    own = [one for one in newest[:NEWEST] if one.cursor_id == cursor.pk]
    if own and own[0].outcome == Delivery.Outcome.RETRY:
        return own[0]
    return None
