"""Which number a moment is: numbers and times grow together within a feed."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from django.db.models import Max, Min, Q

from streams.events.models import FeedMark
from streams.events.reading import between
from streams.events.retention import oldest_retained

if TYPE_CHECKING:
    from datetime import datetime

    from streams.events.models import Feed


def last_before(feed: Feed, moment: datetime) -> int:
    """The number of the last event that was received before a moment; 0: none was.

    Marks tell the quarter of an hour, halving tells the number: some twenty rows are
    read, whatever the feed's size. No event is named that is past its retention.
    """
    marks = FeedMark.objects.filter(feed_id=feed.pk).aggregate(
        low=Max("seq", filter=Q(at__lte=moment)),
        high=Min("seq", filter=Q(at__gt=moment)),
    )
    low = max(marks["low"] or 0, oldest_retained(feed) - 1)
    high = feed.head_seq if marks["high"] is None else marks["high"]
    if high <= low:
        return low
    events = between(feed, low + 1, high + 1)

    def received_at(seq: int) -> datetime:
        return events.values_list("received_at", flat=True).get(seq=seq)

    return low + bisect_left(range(low + 1, high + 1), moment, key=received_at)
