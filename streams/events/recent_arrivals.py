"""The newest events of one feed, or of many, for pages that follow them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from streams.base.clock import now
from streams.events.models import Event, Feed
from streams.events.queries import between
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_FEEDS = 20  # that received events last
WINDOW = timedelta(seconds=6)  # of the newest events of many feeds


def arrived(feed: Feed, after: int, matching: Q, *, limit: int) -> list[Event]:
    """Return the matching ones of the newest `limit` events after a number, newest first."""
    low = max(after + 1, feed.head_seq + 1 - limit, oldest_retained(feed))
    if low > feed.head_seq:
        return []
    newest = between(feed, low, feed.head_seq + 1).filter(matching)
    return list(newest.order_by("-seq"))


def arrived_lately(feeds: QuerySet[Feed], *, limit: int) -> list[tuple[Feed, Event]]:
    """Return the newest events of the last seconds in many feeds, newest first.

    At most `limit`, of the MOST_FEEDS feeds that received events last; with three queries.
    """
    since = now() - WINDOW
    lately = feeds.filter(head_at__gte=since).select_related("stream", "workspace")
    active = {feed.pk: feed for feed in lately.order_by("-head_at")[:MOST_FEEDS]}
    if not active:
        return []
    newest = Q()
    for feed in active.values():
        newest |= Q(feed=feed, seq__gt=feed.head_seq - limit, seq__lte=feed.head_seq)
    events = Event.objects.filter(newest, received_at__gte=since)
    rows = events.order_by("-received_at", "-feed_id", "-seq")[:limit]
    return [(active[event.feed_id], event) for event in rows]
