"""Read the log for pages: newest first, in time independent of the feed's size.

Events have no index except their key, so a search walks back by number, over up to SCAN
events per page, and reports how far it got.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import FETCH_RAISE, Max, Min, Q, QuerySet

from streams.events.models import Event, Feed, FeedMark
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

SCAN = 20_000  # events searched per page


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """A filter for events; empty fields match everything."""

    name: str = ""  # the start of the name, case-insensitive
    type: str = ""
    user_id: str = ""
    since: datetime | None = None  # received at that time or later
    until: datetime | None = None  # received before


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Events without their payload, newest first.

    All events from `searched_to` on have been searched; 0 if there are none. If the page
    has fewer events than requested and a `next_before`, the search reached its bound and
    continues from there.
    """

    events: list[Event]
    next_before: int | None  # `before` of the next page; None: this is the last page
    searched_to: int


def page(
    feed: Feed,
    *,
    before: int | None = None,
    filters: EventFilter | None = None,
    limit: int = 50,
) -> EventPage:
    """Return the events with a number below `before`; None: from the feed's head."""
    wanted = filters or EventFilter()
    top, bottom = _reach(feed, before, wanted)
    low = max(bottom, top - SCAN)
    if low >= top:
        return EventPage(events=[], next_before=None, searched_to=0)
    matching = between(feed, low, top).filter(*_conditions(wanted))
    events = list(
        matching.defer("payload").fetch_mode(FETCH_RAISE).order_by("-seq")[: limit + 1]
    )
    if len(events) > limit:
        last = events[limit - 1].seq
        return EventPage(events=events[:limit], next_before=last, searched_to=last)
    next_before = low if low > bottom else None
    return EventPage(events=events, next_before=next_before, searched_to=low)


def event(feed: Feed, seq: int) -> Event | None:
    """Return one event with its payload; None: it doesn't exist, or its retention ended."""
    if seq < oldest_retained(feed):  # the row may still exist
        return None
    return between(feed, seq, seq + 1).first()


def _reach(feed: Feed, before: int | None, wanted: EventFilter) -> tuple[int, int]:
    """Return the numbers to search, as (upper bound, lowest)."""
    top, bottom = feed.head_seq + 1, oldest_retained(feed)
    if before is not None:
        top = min(top, before)
    if wanted.since is None and wanted.until is None:
        return top, bottom
    # Times only grow within a feed, and a mark is the start of a quarter of an hour.
    marks = FeedMark.objects.filter(feed_id=feed.pk).aggregate(
        since=Max(
            "seq", filter=Q(at__lte=wanted.since) if wanted.since else Q(at=None)
        ),
        until=Min(
            "seq", filter=Q(at__gte=wanted.until) if wanted.until else Q(at=None)
        ),
    )
    if marks["since"] is not None:
        bottom = max(bottom, marks["since"] + 1)
    if marks["until"] is not None:
        top = min(top, marks["until"] + 1)
    return top, bottom


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


def _conditions(wanted: EventFilter) -> Iterator[Q]:
    if wanted.name:
        yield Q(name__istartswith=wanted.name[:200])
    if wanted.type:
        yield Q(type=wanted.type)
    if wanted.user_id:
        yield Q(user_id=wanted.user_id[:200])
    if wanted.since:
        yield Q(received_at__gte=wanted.since)
    if wanted.until:
        yield Q(received_at__lt=wanted.until)
