"""Counts over time, computed from marks without counting events.

Marks are at quarters of an hour, so no point is shorter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from streams.delivery.models import Cursor, CursorMark
from streams.delivery.retention.expiry import expired_ranges
from streams.delivery.skips import skips_of
from streams.events.models import Feed, FeedMark
from streams.events.quarter_hours import QUARTER, quarter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.delivery.retention.expiry import ExpiredRange
    from streams.delivery.skips import Skip

MOST_POINTS = 100
# A point's length: one of these, so that days and hours start at a point.
STEPS = (
    QUARTER,
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 24)),
    *(timedelta(days=days) for days in (2, 4)),
)


@dataclass(frozen=True, slots=True)
class ChartSpan:
    """A span of time in points of equal length, both of whole quarters of an hour."""

    start: datetime
    end: datetime
    step: timedelta

    @classmethod
    def of(cls, since: datetime, until: datetime, *, midnight: datetime) -> ChartSpan:
        """Return up to MOST_POINTS points that cover the time from `since` to `until`.

        `midnight` is one of the reader's: days start at a point.
        """
        fits = (step for step in STEPS if (until - since) / step < MOST_POINTS - 1)
        step = next(fits, STEPS[-1])
        start = midnight + (since - midnight) // step * step
        return cls(quarter(start), quarter(until) + QUARTER, step)

    @property
    def starts(self) -> list[datetime]:
        """The start of each point; the last one may not have ended yet."""
        count = -((self.start - self.end) // self.step)
        return [self.start + self.step * n for n in range(count)]

    @property
    def before(self) -> datetime:
        """The start of the previous period, which is as long."""
        return self.start - (self.end - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoint:
    """The counts of the time that starts at `at`."""

    at: datetime
    accepted: int
    delivered: int
    rejected: int
    expired: int = 0  # deleted before they were sent


@dataclass(frozen=True, slots=True)
class CountSeries:
    """A growing count: its value before each mark, and its current value."""

    marks: Sequence[tuple[datetime, int]]  # by time
    now: int

    def before(self, moment: datetime) -> int:
        """Return the value at `moment`, the start of a quarter.

        The first growth within a quarter makes a mark, so the next mark has the value.
        """
        following = bisect_left(self.marks, moment, key=lambda mark: mark[0])
        return self.marks[following][1] if following < len(self.marks) else self.now

    def grown(self, start: datetime, end: datetime) -> int:
        """Return the growth between two starts of quarters."""
        return self.before(end) - self.before(start)


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorSeries:
    """The positions, and the rejected, skipped and expired events of a live cursor."""

    cursor: Cursor
    settled: CountSeries
    rejected: CountSeries
    skips: Sequence[Skip] = ()
    expired: Sequence[ExpiredRange] = ()

    def delivered(self, start: datetime, end: datetime) -> int:
        """Return how many events were delivered between two starts of quarters.

        The position also moves past events that are skipped, and past those that expire.
        """
        skipped = sum(one.size_after(0) for one in self.skips if start <= one.at < end)
        settled = self.settled.grown(start, end) - self.rejected.grown(start, end)
        return max(0, settled - skipped - count_expired(self.expired, start, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The counts of a feed over a span of time."""

    feed: Feed
    span: ChartSpan
    accepted: CountSeries
    cursors: Sequence[CursorSeries]
    expired: Sequence[ExpiredRange]
    is_compared: bool  # whether the counts reach back over the previous period

    @property
    def points(self) -> list[ChartPoint]:
        step = self.span.step
        return [self._counts(start, start + step) for start in self.span.starts]

    @property
    def total(self) -> ChartPoint:
        """The counts of the whole span."""
        return self._counts(self.span.start, self.span.end)

    @property
    def previous(self) -> ChartPoint | None:
        """The counts of the period before; None: its marks are past their retention."""
        if not self.is_compared:
            return None
        return self._counts(self.span.before, self.span.start)

    def _counts(self, start: datetime, end: datetime) -> ChartPoint:
        return ChartPoint(
            at=start,
            accepted=self.accepted.grown(start, end),
            delivered=sum(one.delivered(start, end) for one in self.cursors),
            rejected=sum(one.rejected.grown(start, end) for one in self.cursors),
            expired=count_expired(self.expired, start, end),
        )


def count_expired(
    ranges: Iterable[ExpiredRange], start: datetime, end: datetime
) -> int:
    """Count the events that expired between two times."""
    return sum(one.events for one in ranges if start <= one.at < end)


def traffic(feed: Feed, span: ChartSpan, now: datetime) -> Traffic:
    """Read the marks of a span and of the period before, with four queries.

    There is one more if events were skipped, and one more if events have ever expired.
    """
    kept_since = feed.stream.retention.cutoff(now)
    is_compared = span.before >= kept_since
    since = span.before if is_compared else span.start
    accepted, cursors = _accepted(feed, since), list(_cursors(feed, since))
    expired: Sequence[ExpiredRange] = ()
    if feed.expired or any(one.cursor.expired for one in cursors):
        expired = expired_ranges(feed, since=since, until=None, limit=None)
    return Traffic(
        feed=feed,
        span=span,
        accepted=accepted,
        cursors=[_with_expired(one, expired) for one in cursors],
        expired=expired,
        is_compared=is_compared,
    )


def _accepted(feed: Feed, since: datetime) -> CountSeries:
    marks = FeedMark.objects.filter(feed_id=feed.pk, at__gte=since).order_by("at")
    # Read the marks before the head, so that no mark is beyond it.
    by_time = list(marks.values_list("at", "seq"))
    return CountSeries(
        by_time, Feed.objects.values_list("head_seq", flat=True).get(pk=feed.pk)
    )


def _with_expired(series: CursorSeries, ranges: Sequence[ExpiredRange]) -> CursorSeries:
    own = [one for one in ranges if one.cursor == series.cursor.pk]
    return replace(series, expired=own)


def _cursors(feed: Feed, since: datetime) -> Iterable[CursorSeries]:
    ids = Cursor.objects.filter(feed=feed, kind=Cursor.Kind.LIVE).values("pk")
    moved = CursorMark.objects.filter(cursor_id__in=ids, at__gte=since).order_by("at")
    marks: dict[int, list[tuple[datetime, int, int]]] = {}
    rows = moved.values_list("cursor_id", "at", "position", "rejected", "erased")
    for pk, at, position, rejected, erased in rows:
        marks.setdefault(pk, []).append((at, position - erased, rejected))
    cursors = list(Cursor.objects.filter(pk__in=marks))
    skips = skips_of(cursors)
    for cursor in cursors:
        own = marks[cursor.pk]
        yield CursorSeries(
            cursor=cursor,
            settled=CountSeries(
                [(at, seq) for at, seq, _ in own], cursor.position - cursor.erased
            ),
            rejected=CountSeries([(at, n) for at, _, n in own], cursor.rejected),
            skips=skips.get(cursor.pk, ()),
        )
