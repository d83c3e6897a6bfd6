"""Upper bound of the requests that reached Segment within one second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.review.qa.observations import ObservedRequest

SECOND = timedelta(seconds=1)


def busiest_second(requests: Sequence[ObservedRequest]) -> list[ObservedRequest]:
    """Return the requests of the busiest sliding second, sorted by start.

    A request arrives at some time between its start and its response. Every request in
    flight within the second counts, so the result is never too small.
    """
    starts = sorted(request.started_at for request in requests)
    ends = sorted(request.ended_at for request in requests)

    def within(end: datetime) -> int:
        """Count the requests started within a second of `end` and not ended before it."""
        return bisect_left(starts, end + SECOND) - bisect_left(ends, end)

    # A busiest second can be shifted until it starts when one of its requests ends.
    busiest = max(ends, key=within, default=None)
    if busiest is None:
        return []
    until = busiest + SECOND
    overlapping = [
        r for r in requests if r.started_at < until and r.ended_at >= busiest
    ]
    return sorted(overlapping, key=lambda request: request.started_at)
