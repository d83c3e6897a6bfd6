"""Chart layout: the positions of the bars. The template only draws them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import ceil, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from streams.observability.chart import ChartPoint

HEIGHT = 100.0
SLOT = 10.0  # the width of one quarter of an hour


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle, in the units of the drawing."""

    kind: str  # accepted, delivered or rejected
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRow:
    """One row of the table view."""

    at: datetime
    accepted: int
    delivered: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLayout:
    """The bars of a day, their scale, and the counts by hour."""

    width: float
    top: int  # the count at full height
    bars: list[Bar]
    hours: list[HourRow]
    labels: list[datetime]  # evenly spaced below the bars, left to right

    @property
    def empty(self) -> bool:
        return not self.bars


def draw(points: Sequence[ChartPoint]) -> ChartLayout:
    """Draw a wide bar for accepted events, in front of it delivered and rejected ones."""
    highest = max(
        (max(p.accepted, p.delivered + p.rejected) for p in points), default=0
    )
    top = _round_up(highest)
    bars = [bar for n, point in enumerate(points) for bar in _bars(n, point, top)]
    return ChartLayout(
        width=len(points) * SLOT,
        top=top,
        bars=bars,
        hours=_hours(points),
        labels=[point.at for point in points[:: max(1, len(points) // 4)]],
    )


def small_bars(counts: Sequence[int], kind: str) -> list[Bar]:
    """Draw a bar for each count above 0; the highest has full height."""
    top = max(counts, default=0)
    heights = [
        (n, round(HEIGHT * count / top, 2)) for n, count in enumerate(counts) if count
    ]
    return [Bar(kind, n * SLOT + 1, HEIGHT - h, SLOT - 2, h) for n, h in heights]


def _bars(number: int, point: ChartPoint, top: int) -> list[Bar]:
    def bar(kind: str, count: int, under: int, inset: float) -> Bar:
        height = HEIGHT * count / top
        floor = HEIGHT * (1 - under / top)
        x = number * SLOT + inset
        return Bar(
            kind, x, round(floor - height, 2), SLOT - 2 * inset, round(height, 2)
        )

    bars = [
        bar("accepted", point.accepted, 0, 1),
        bar("delivered", point.delivered, 0, 2.5),
        bar("rejected", point.rejected, point.delivered, 2.5),
    ]
    return [bar for bar in bars if bar.height > 0]


def _hours(points: Sequence[ChartPoint]) -> list[HourRow]:
    """Add up the quarters by hour, newest first, without empty hours."""
    hours = []
    for at, group in groupby(points, key=lambda point: point.at.replace(minute=0)):
        quarters = list(group)
        hour = HourRow(
            at=at,
            accepted=sum(q.accepted for q in quarters),
            delivered=sum(q.delivered for q in quarters),
            rejected=sum(q.rejected for q in quarters),
        )
        if hour.accepted or hour.delivered or hour.rejected:
            hours.append(hour)
    return hours[::-1]


def _round_up(count: int) -> int:
    """Round up to 1, 2, 5, 10, 20, 50, and so on, for a readable scale."""
    if count <= 0:
        return 1
    power = int(10 ** ceil(log10(count)))
    return next(s for s in (power // 5, power // 2, power) if s >= count)
