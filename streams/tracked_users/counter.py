"""Collects the IDs of people in the memory of one process until they are stored.

These counts are observations, not a ledger: a process that is killed loses the IDs of its last
seconds. Those people are counted with their next event.
"""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from streams.tracked_users.kinds import IdKind, IdSet

MOST_IDS = 500_000  # while the database is unavailable; about 60 MB


class MonthIds(NamedTuple):
    """Identifies a set of IDs: of a month in UTC, by its first day, a feed and a kind."""

    month: date
    feed_id: int
    kind: IdKind


type IdsByMonth = Mapping[MonthIds, AbstractSet[str]]


def month_of(at: datetime) -> date:
    """Return the first day of a moment's month in UTC, the month in which Segment counts."""
    return at.date().replace(day=1)


class TrackedUserCounter:
    """Collects IDs. It is thread-safe, and its size is bounded even if nothing is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[MonthIds, set[str]] = {}
        self._size = 0

    def add(self, seen: Mapping[IdSet, set[str]], *, at: datetime) -> None:
        """Add the IDs of a request's events; the sets are not used elsewhere any more."""
        month = month_of(at)
        self._add({MonthIds(month, *key): ids for key, ids in seen.items()})

    def give_back(self, ids: Mapping[MonthIds, set[str]]) -> None:
        """Keep IDs that could not be stored."""
        self._add(ids)

    def take(self) -> dict[MonthIds, set[str]]:
        """Take all IDs to store them."""
        with self._lock:
            taken, self._ids, self._size = self._ids, {}, 0
        return taken

    def _add(self, ids: Mapping[MonthIds, set[str]]) -> None:
        with self._lock:
            for key, some in ids.items():
                if self._size >= MOST_IDS:
                    return
                known = self._ids.get(key)
                if known is None:
                    self._ids[key] = some
                    self._size += len(some)
                else:
                    self._size -= len(known)
                    known |= some
                    self._size += len(known)
