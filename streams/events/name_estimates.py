"""Estimates how many events of each name a feed received, from a sample.

Events have no index by name. Numbers have no gaps, so the total since a moment is exact,
and blocks of events that are spread evenly over it tell the share of each name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from streams.events.models import Event
from streams.events.quarter_hours import QUARTER
from streams.events.time_index import last_before

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from streams.events.models import Feed

BLOCKS, BLOCK = 20, 100  # at most 2,000 events are read
LEAST = 10  # fewer in the sample say too little


@dataclass(frozen=True, slots=True)
class NameEstimate:
    """The number of events since a moment, and how many of the sampled ones have a name."""

    total: int
    sampled: int
    by_name: Mapping[str, int]  # an event without a name counts under its call

    def of(self, name: str) -> int | None:
        """Return the approximate number of events with this name; None: not enough known."""
        found = self.by_name.get(name, 0)
        if self.sampled == self.total:
            return found
        return round(self.total * found / self.sampled) if found >= LEAST else None


def estimate_names(feed: Feed, since: datetime) -> NameEstimate:
    """Estimate the names of the events in the log since a moment, in bounded time."""
    first, head = last_before(feed, since) + 1, feed.head_seq
    total = max(0, head - first + 1)
    if not total:
        return NameEstimate(0, 0, {})
    if total <= BLOCKS * BLOCK:
        blocks = Q(seq__range=(first, head))
    else:
        starts = (first + (total - BLOCK) * n // (BLOCKS - 1) for n in range(BLOCKS))
        blocks = reduce(or_, (Q(seq__range=(at, at + BLOCK - 1)) for at in starts))
    rows = Event.objects.filter(blocks, feed=feed, received_at__gte=since - QUARTER)
    names = Counter(name or call for name, call in rows.values_list("name", "type"))
    return NameEstimate(total, names.total(), names)
