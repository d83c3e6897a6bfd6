"""Counts events of suppressed people in memory, and adds the counts to their feeds.

The counts are observations, not a ledger: a process that is killed loses the counts of its
last seconds. The events are stored nowhere.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import structlog
from django.db import connection
from django.db.models import F

from streams.base.database.session import DATABASE_DOWN
from streams.events.models import Feed

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger()

MOST_FEEDS = 100_000  # while the database is unavailable


class SuppressedCounter:
    """Counts by the ID of the feed. It is thread-safe, and its size is bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[int] = Counter()

    def add(self, counts: Mapping[int, int]) -> None:
        """Add the counts of a request, or those that could not be stored."""
        with self._lock:
            for feed_id, count in counts.items():
                if feed_id in self._counts or len(self._counts) < MOST_FEEDS:
                    self._counts[feed_id] += count

    def take(self) -> Counter[int]:
        """Take all counts to store them."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken


def flush(counter: SuppressedCounter) -> None:
    """Store the counts, in a transaction for each feed, as appends lock feeds.

    Those that can't be stored now are kept.
    """
    counts = counter.take()
    for feed_id, count in list(counts.items()):
        try:
            feed = Feed.objects.filter(pk=feed_id)
            feed.update(suppressed=F("suppressed") + count)
        except DATABASE_DOWN as error:
            log.warning("suppressed.not_written", error=type(error).__name__)
            connection.close()
            break
        del counts[feed_id]
    counter.add(counts)
