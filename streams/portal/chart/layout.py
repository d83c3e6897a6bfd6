"""Chart layout: the positions of bars and ticks. The template only draws them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from streams.observability.chart import ChartPoint
    from streams.observability.latency import LatencyPoint

HEIGHT = 100.0
SLOT = 10.0  # the width of one point
LEAST_HEIGHT = 4.0  # of a bar of rejected events, so that one of a million is seen
MOST_TICKS = 7
LAST_TICK = 0.93  # of the width: there is no room for a label after it


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle, in the units of the drawing."""

    kind: str  # accepted, delivered, rejected, p95 or p50
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Slot:
    """One point: its bars in the plot and in the strip of rejected events."""

    point: ChartPoint
    until: datetime
    x: float
    bars: Sequence[Bar]
    rejected: Sequence[Bar]

    @property
    def is_counted(self) -> bool:
        """Whether anything happened; expired events have no bar."""
        return bool(self.bars or self.rejected or self.point.expired)


@dataclass(frozen=True, slots=True)
class Tick:
    """A label below the plot, and its place in percent of the width."""

    at: datetime
    percent: float
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLayout:
    """The bars of a span of time, and their scales."""

    width: float
    top: int  # the count at full height
    top_rejected: int
    slots: Sequence[Slot]
    ticks: Sequence[Tick]

    @property
    def is_empty(self) -> bool:
        return not any(slot.is_counted for slot in self.slots)

    @property
    def half(self) -> int | None:
        """The count at half height, if it is whole."""
        return self.top // 2 if self.top % 2 == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyLayout:
    """The bars of p50 in front of those of p95."""

    width: float
    top_ms: int
    bars: Sequence[Bar]


def draw(
    points: Sequence[ChartPoint], step: timedelta, midnight: datetime
) -> ChartLayout:
    """Draw a wide bar for accepted events, a narrow one for delivered events before it.

    Rejected events have a separate strip. `midnight` is one of the reader's.
    """
    top = round_up(max((max(p.accepted, p.delivered) for p in points), default=0))
    most = max((p.rejected for p in points), default=0)
    slots = [
        Slot(
            point,
            point.at + step,
            number * SLOT,
            list(_bars(number, point, top)),
            list(_strip(number, point, most)),
        )
        for number, point in enumerate(points)
    ]
    return ChartLayout(
        width=len(points) * SLOT,
        top=top,
        top_rejected=most,
        slots=slots,
        ticks=_ticks([point.at for point in points], midnight),
    )


def draw_latency(points: Sequence[LatencyPoint], width: float) -> LatencyLayout:
    """Draw p95, and p50 in front of it, on a scale of milliseconds."""
    slot = width / max(1, len(points))
    highest = max((_ms(point.p95) for point in points), default=0)
    top = round_up(highest)
    bars = []
    for number, point in enumerate(points):
        for kind, value, inset in (("p95", point.p95, 1), ("p50", point.p50, 1)):
            height = round(HEIGHT * _ms(value) / top, 2)
            if value is not None:
                x = number * slot + inset
                height = max(height, 1.0)
                bars.append(Bar(kind, x, HEIGHT - height, slot - 2 * inset, height))
    return LatencyLayout(width=width, top_ms=top, bars=bars)


def small_bars(counts: Sequence[int], kind: str) -> list[Bar]:
    """Draw a bar for each count above 0; the highest has full height."""
    top = max(counts, default=0)
    heights = [
        (n, round(HEIGHT * count / top, 2)) for n, count in enumerate(counts) if count
    ]
    return [Bar(kind, n * SLOT + 1, HEIGHT - h, SLOT - 2, h) for n, h in heights]


def round_up(count: int) -> int:
    """Round up to 1, 2, 5, 10, 20, 50, and so on, for a readable scale."""
    if count <= 0:
        return 1
    power = int(10 ** ceil(log10(count)))
    return next(s for s in (power // 5, power // 2, power) if s >= count)


def _bars(number: int, point: ChartPoint, top: int) -> Sequence[Bar]:
    kinds = (("accepted", point.accepted, 1.0), ("delivered", point.delivered, 2.5))
    return [
        Bar(
            kind,
            number * SLOT + inset,
            round(HEIGHT * (1 - count / top), 2),
            SLOT - 2 * inset,
            round(HEIGHT * count / top, 2),
        )
        for kind, count, inset in kinds
        if count > 0
    ]


def _strip(number: int, point: ChartPoint, most: int) -> Sequence[Bar]:
    if point.rejected <= 0:
        return []
    height = round(max(LEAST_HEIGHT * 5, HEIGHT * point.rejected / most), 2)
    return [Bar("rejected", number * SLOT + 1, HEIGHT - height, SLOT - 2, height)]


def _ticks(starts: Sequence[datetime], midnight: datetime) -> list[Tick]:
    """Label round times of the reader's day, at most MOST_TICKS of them."""
    if len(starts) < 2:
        return []
    step = starts[1] - starts[0]
    every = max(1, -(-len(starts) // MOST_TICKS))
    # Round up to what divides a day, or to whole days.
    whole_day = round(86_400 / step.total_seconds())
    if every < whole_day:
        every = next(n for n in range(every, whole_day + 1) if whole_day % n == 0)
    elif whole_day:
        every = -(-every // whole_day) * whole_day
    width = len(starts)
    return [
        Tick(at, round(100 * n / width, 2), n * SLOT)
        for n, at in enumerate(starts)
        if ((at - midnight) // step) % every == 0 and n <= LAST_TICK * width
    ]


def _ms(wait: timedelta | None) -> int:
    return round(wait.total_seconds() * 1000) if wait is not None else 0
