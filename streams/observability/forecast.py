"""Forecast of a queue: its rate, and when it will be empty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Sum

from streams.delivery.limits.send_policy import sendable_cursors
from streams.delivery.models import Cursor, Delivery

if TYPE_CHECKING:
    from streams.catalog.models import Stream

PACE_OF = timedelta(minutes=1)
MOST_DELIVERIES = 100  # considered for the rate


@dataclass(frozen=True, slots=True)
class RateShare:
    """How the stream's rate limit is shared right now."""

    busy: int  # cursors with events to send
    weights: int  # their sum: how many turns one round has
    requests_per_second: int

    @property
    def round_s(self) -> float:
        """Seconds until each cursor has had its turns."""
        return self.weights / self.requests_per_second


@dataclass(frozen=True, slots=True)
class QueueForecast:
    """The queue of one connection and its forecast."""

    waiting: int
    load: RateShare
    events_per_second: float  # in the last minute

    @property
    def empty_in(self) -> timedelta | None:
        """Time until the queue is empty; None: not enough data."""
        if not self.events_per_second:
            return None
        # With few events, a connection waits for its turn, not for its rate.
        needs_s = max(self.waiting / self.events_per_second, self.load.round_s)
        return timedelta(seconds=needs_s) if needs_s < 10**9 else None


def load(stream: Stream, now: datetime) -> RateShare:
    """Count the cursors that are due."""
    due = sendable_cursors(now).filter(stream=stream)
    counts = due.aggregate(busy=Count("pk"), weights=Sum("feed__workspace__weight"))
    return RateShare(counts["busy"], counts["weights"] or 0, stream.requests_per_second)


def of(cursor: Cursor, now: datetime) -> QueueForecast | None:
    """Return the forecast of a cursor with its feed and stream; None: the queue is empty."""
    waiting = cursor.feed.head_seq - cursor.position
    if waiting <= 0:
        return None
    return QueueForecast(waiting, load(cursor.stream, now), _pace(cursor, now))


def pace(deliveries: Iterable[tuple[datetime, int]], now: datetime) -> float:
    """Events per second of the deliveries (started_at, events) in the last minute."""
    recent = [(at, events) for at, events in deliveries if at > now - PACE_OF]
    if not recent:
        return 0.0
    # A single delivery says nothing about the time between two.
    lasted = max(now - min(at for at, _ in recent), timedelta(seconds=1))
    return sum(events for _, events in recent) / lasted.total_seconds()


def _pace(cursor: Cursor, now: datetime) -> float:
    deliveries = Delivery.objects.filter(
        connection=cursor.connection_id,
        cursor=cursor,
        outcome=Delivery.Outcome.DELIVERED,
    )
    newest = deliveries.order_by("-id").values_list("started_at", "events")
    return pace(newest[:MOST_DELIVERIES], now)
