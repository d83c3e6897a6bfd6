"""Read events by their number, in time independent of the feed's size."""

from __future__ import annotations

from django.db.models import Max, Min, Q, QuerySet

from streams.events.models import Event, Feed, FeedMark
from streams.events.retention.past_retention import oldest_retained


def event(feed: Feed, seq: int) -> Event | None:
    """Return one event with its payload; None: it doesn't exist, or its retention ended."""
    if seq < oldest_retained(feed):  # the row may still exist
        return None
    return between(feed, seq, seq + 1).first()


def between(feed: Feed, low: int, top: int) -> QuerySet[Event]:
    """Return the events from `low` to below `top`.

    With the times of receipt, PostgreSQL opens only the partitions of those days.
    """
    received = FeedMark.objects.filter(feed_id=feed.pk).aggregate(
        since=Max("at", filter=Q(seq__lt=low)),
        until=Min("at", filter=Q(seq__gte=top - 1)),
    )
    events = Event.objects.filter(feed=feed, seq__gte=low, seq__lt=top)
    if received["since"]:
        events = events.filter(received_at__gte=received["since"])
    if received["until"]:
        events = events.filter(received_at__lt=received["until"])
    return events
