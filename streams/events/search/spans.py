"""Where to search: ranges of event numbers, newest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Max, Min, Q

from streams.events.models import FeedMark
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from streams.events.models import Feed
    from streams.events.search.event_filter import EventFilter


@dataclass(frozen=True, slots=True)
class Picked:
    """The numbers to read of those from `low` on, newest first."""

    seqs: Sequence[int]
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The numbers from `low` to below `top`: all of them, or those that are wanted.

    With `pick`, only the numbers that it returns are read: it gets a lowest number and an
    upper bound, and decides about as many numbers below the bound as it likes. With `drop`,
    the numbers that it returns are left out.
    """

    low: int
    top: int
    pick: Callable[[int, int], Picked] | None = None
    drop: Callable[[Sequence[int]], set[int]] | None = None

    @property
    def size(self) -> int:
        return max(0, self.top - self.low)


def within(spans: Iterable[Span], low: int, top: int) -> list[Span]:
    """Return the parts of spans from `low` to below `top`, without empty ones."""
    cut = (
        replace(span, low=max(span.low, low), top=min(span.top, top)) for span in spans
    )
    return [span for span in cut if span.size]


def reach(feed: Feed, wanted: EventFilter) -> Span:
    """Return the numbers that retention and the filter's times leave."""
    top, bottom = feed.head_seq + 1, oldest_retained(feed)
    if wanted.since is None and wanted.until is None:
        return Span(low=bottom, top=top)
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
    return Span(low=bottom, top=top)
