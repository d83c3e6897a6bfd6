"""The last 24 hours by quarters of an hour, computed from marks without counting events."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from streams.delivery.models import Cursor, CursorMark
from streams.events.models import Feed, FeedMark
from streams.events.quarter_hours import QUARTER, quarter

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoint:
    """The counts of the quarter of an hour that starts at `at`."""

    at: datetime
    accepted: int
    delivered: int
    rejected: int


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

    def grown(self, start: datetime) -> int:
        """Return the growth in the quarter that starts at `start`."""
        return self.before(start + QUARTER) - self.before(start)


def last_24_hours(feed: Feed, now: datetime) -> list[ChartPoint]:
    """Return a point per quarter of an hour, the current one last, with four queries."""
    last = quarter(now)
    starts = [last - DAY + QUARTER * n for n in range(1, DAY // QUARTER + 1)]
    accepted = _accepted(feed, starts[0])
    settled, refused = _settled(feed, starts[0])
    points = []
    for start in starts:
        rejected = sum(track.grown(start) for track in refused)
        delivered = sum(track.grown(start) for track in settled) - rejected
        points.append(
            ChartPoint(
                at=start,
                accepted=accepted.grown(start),
                delivered=delivered,
                rejected=rejected,
            )
        )
    return points


def _accepted(feed: Feed, since: datetime) -> CountSeries:
    marks = FeedMark.objects.filter(feed_id=feed.pk, at__gte=since).order_by("at")
    # Read the marks before the head, so that no mark is beyond it.
    by_time = list(marks.values_list("at", "seq"))
    return CountSeries(
        by_time, Feed.objects.values_list("head_seq", flat=True).get(pk=feed.pk)
    )


def _settled(
    feed: Feed, since: datetime
) -> tuple[list[CountSeries], list[CountSeries]]:
    """Return the positions of the live cursors, and their rejections."""
    ids = Cursor.objects.filter(feed=feed, kind=Cursor.Kind.LIVE).values("pk")
    moved = CursorMark.objects.filter(cursor_id__in=ids, at__gte=since).order_by("at")
    marks: dict[int, list[CursorMark]] = {}
    for mark in moved:
        marks.setdefault(mark.cursor_id, []).append(mark)
    settled, refused = [], []
    for cursor in Cursor.objects.filter(pk__in=marks):
        own = marks[cursor.pk]
        settled.append(CountSeries([(m.at, m.position) for m in own], cursor.position))
        refused.append(CountSeries([(m.at, m.rejected) for m in own], cursor.rejected))
    return settled, refused
