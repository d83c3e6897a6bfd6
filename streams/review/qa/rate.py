"""How many requests may have reached Segment within one second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.review.qa.facts import SentRequest

SECOND = timedelta(seconds=1)


def busiest_second(requests: Sequence[SentRequest]) -> list[SentRequest]:
    """The most requests that any sliding second may have seen, by their start.

    A request arrives at some moment between its start and its answer, so each that was
    under way at any time within the second counts: never fewer than there were.
    """
    starts = sorted(one.started_at for one in requests)
    ends = sorted(one.ended_at for one in requests)

    def within(end: datetime) -> int:
        """How many had begun by a second after `end`, less those that ended before it."""
        return bisect_left(starts, end + SECOND) - bisect_left(ends, end)

    # A second that holds the most may be moved on until it begins as one of them ends.
    busiest = max(ends, key=within, default=None)
    if busiest is None:
        return []
    until = busiest + SECOND
    found = [r for r in requests if r.started_at < until and r.ended_at >= busiest]
    return sorted(found, key=lambda one: one.started_at)
