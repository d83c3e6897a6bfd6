"""How long events waited from acceptance to delivery, from a sample of the attempts.

Attempts have an index by event number, and the positions of cursors give the numbers that
were delivered in a span of time. So a bounded number of attempts is found by key: those
that contain evenly spaced events. An attempt with more events is found more often, so each
event has the same weight.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from streams.delivery.models import Delivery
from streams.events.models import Event
from streams.events.quarter_hours import QUARTER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.observability.chart import CursorSeries, Traffic

POINTS = 24
SAMPLES = 8  # attempts per point

# The attempts that contain the wanted events: for each, the first that ends at or after it.
ATTEMPTS = """
    SELECT * FROM streams_delivery
    WHERE id IN (
        SELECT (
            SELECT id FROM streams_delivery
            WHERE connection_id = %s AND cursor_id = %s AND outcome = 'delivered'
              AND last_seq >= wanted.seq AND started_at >= %s AND started_at < %s
            ORDER BY last_seq LIMIT 1
        ) FROM ({wanted}) AS wanted
    ) AND started_at >= %s AND started_at < %s
    ORDER BY last_seq
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyPoint:
    """The latency of events delivered in the time that starts at `at`."""

    at: datetime
    p50: timedelta | None  # None: nothing was delivered
    p95: timedelta | None


@dataclass(frozen=True, slots=True)
class Latency:
    """The latency over a span of time, and of the whole span."""

    points: Sequence[LatencyPoint]
    whole: LatencyPoint


def latency(traffic: Traffic) -> Latency:
    """Estimate the latency in POINTS points, from at most SAMPLES attempts each."""
    span = traffic.span
    per_point = max(1, -(-len(span.starts) // POINTS))
    length = span.step * per_point
    starts = span.starts[::per_point]
    waits: dict[int, list[timedelta]] = defaultdict(list)
    for cursor in traffic.cursors:
        wanted = list(_wanted(cursor, starts, length))
        if wanted:
            for point, wait in _waits(traffic, cursor, wanted):
                waits[point].append(wait)
    every = [wait for some in waits.values() for wait in some]
    points = [_point(start, waits[n]) for n, start in enumerate(starts)]
    return Latency(points, _point(span.start, every))


def _wanted(
    cursor: CursorSeries, starts: Sequence[datetime], length: timedelta
) -> Iterator[tuple[int, int]]:
    """Yield the number of a point, and of an event delivered in it."""
    for n, start in enumerate(starts):
        low = cursor.settled.before(start)
        count = cursor.settled.before(start + length) - low
        seqs = {low + 1 + (count - 1) * k // (SAMPLES - 1) for k in range(SAMPLES)}
        yield from ((n, seq) for seq in sorted(seqs) if count > 0)


def _waits(
    traffic: Traffic, cursor: CursorSeries, wanted: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, timedelta]]:
    """Yield how long the first and the last event of each attempt waited, by point."""
    attempts = _attempts(traffic, cursor, [seq for _, seq in wanted])
    seqs = {seq for one in attempts for seq in (one.first_seq, one.last_seq)}
    events = Event.objects.filter(feed=traffic.feed, seq__in=seqs)
    received = dict(events.values_list("seq", "received_at"))
    for point, wanted_seq in wanted:
        at = bisect_left(attempts, wanted_seq, key=lambda one: one.last_seq)
        for one in attempts[at : at + 1]:
            delivered_at = one.started_at + timedelta(milliseconds=one.duration_ms)
            for seq in (one.first_seq, one.last_seq):
                if seq in received:  # else it is past its retention
                    yield point, max(delivered_at - received[seq], timedelta(0))


def _attempts(
    traffic: Traffic, cursor: CursorSeries, seqs: Sequence[int]
) -> list[Delivery]:
    """Return the attempts that delivered these events, in order."""
    between = (traffic.span.start - QUARTER, traffic.span.end + QUARTER)
    rows = " UNION ALL ".join(["SELECT %s AS seq"] * len(seqs))
    own = cursor.cursor
    values = [own.connection_id, own.pk, *between, *seqs, *between]
    return list(Delivery.objects.raw(ATTEMPTS.format(wanted=rows), values))


def _point(at: datetime, waits: Sequence[timedelta]) -> LatencyPoint:
    in_order = sorted(waits)
    return LatencyPoint(at=at, p50=_nearest(in_order, 50), p95=_nearest(in_order, 95))


def _nearest(in_order: Sequence[timedelta], percent: int) -> timedelta | None:
    """Return the percentile by nearest rank."""
    if not in_order:
        return None
    return in_order[-(-len(in_order) * percent // 100) - 1]
