"""Counts lookups of userIds in the memory of one process until they are stored.

The counts are observations, not a ledger: a process that is killed loses the counts of its
last seconds, but never an event.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

MOST_COUNTS = 100_000  # while the database is unavailable; about 20 MB


class LookupKey(NamedTuple):
    """Identifies a count: of a feed, on a day in UTC, with a result as in LookupDay."""

    day: date
    feed_id: int
    result: int


class LookupCounter:
    """Counts lookups. It is thread-safe, and its size is bounded even if nothing is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[LookupKey] = Counter()

    def add(self, counts: Mapping[LookupKey, int]) -> None:
        """Add the counts of a request, or those that could not be stored."""
        with self._lock:
            for key, count in counts.items():
                if key in self._counts or len(self._counts) < MOST_COUNTS:
                    self._counts[key] += count

    def take(self) -> Mapping[LookupKey, int]:
        """Take all counts to store them."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken
