"""Stores the sketches of tracked users, so that those of many processes add up."""

from __future__ import annotations

from collections import OrderedDict
from itertools import batched
from typing import TYPE_CHECKING

import structlog
from django.db import connection, transaction

from streams.base.clock import now
from streams.base.database.session import DATABASE_DOWN
from streams.events.models import Feed
from streams.events.retention.bounded_delete import delete_before
from streams.tracked_users.counter import MonthIds, month_of
from streams.tracked_users.hashes import hash_key, hashes
from streams.tracked_users.kinds import IdKind
from streams.tracked_users.models import TrackedUsers
from streams.tracked_users.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from streams.tracked_users.counter import IdsByMonth, TrackedUserCounter
    from streams.tracked_users.kinds import SeenIds

log = structlog.get_logger()

KEPT_MONTHS = 13  # as long as a replay can reach back, and a month more
FLUSH_S = 20.0
CHUNK = 100  # sketches in one transaction, which locks them
KNOWN = 500  # sketches that a process remembers: at most 16 MB

type Hashes = dict[MonthIds, set[int]]


class TrackedUserFlusher:
    """Stores the IDs that a process collected.

    It remembers the sketches that it stored last. IDs that they have already need no
    statement, nor do hashes that are above the bound of a full sketch.
    """

    def __init__(self, counter: TrackedUserCounter) -> None:
        self._counter = counter
        self._known: OrderedDict[MonthIds, bytes] = OrderedDict()

    def flush(self) -> None:
        """Store the IDs. Those that can't be stored now are kept."""
        waiting = self._counter.take()
        # All processes write in the same order, so that none waits for another in a circle.
        for keys in batched(sorted(waiting), CHUNK):
            try:
                self._store({key: waiting[key] for key in keys})
            except DATABASE_DOWN as error:
                log.warning("tracked_users.not_written", error=type(error).__name__)
                connection.close()
                break
            for key in keys:
                del waiting[key]
        if waiting:
            self._counter.give_back(waiting)

    def _store(self, ids: IdsByMonth) -> None:
        new = {
            key: some
            for key, found in _hashed(ids, at=now()).items()
            if (some := self._unknown(key, found))
        }
        for key, sketch in merge(new).items():
            self._known[key] = sketch.pack()
            self._known.move_to_end(key)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def _unknown(self, key: MonthIds, found: set[int]) -> set[int]:
        """Return the hashes that change the sketch as this process knows it."""
        packed = self._known.get(key)
        if packed is None:
            return found
        known = Sketch.unpack(packed)
        return {one for one in found - known.hashes if one < known.bound}


def add(seen: SeenIds, *, at: datetime) -> None:
    """Add the IDs of events to this month, in the caller's transaction."""
    month = month_of(at)
    ids = {MonthIds(month, *key): some for key, some in seen.items()}
    merge(_hashed(ids, at=at))


def forget(now: datetime) -> int:
    """Delete sketches of months that are past KEPT_MONTHS; return how many."""
    oldest = months_before(month_of(now), KEPT_MONTHS)
    return delete_before(TrackedUsers._meta.db_table, "month", oldest)


def months_before(month: date, count: int) -> date:
    """Return the first day of an earlier month."""
    number = month.year * 12 + month.month - 1 - count
    return month.replace(year=number // 12, month=number % 12 + 1, day=1)


def merge(new: Hashes) -> dict[MonthIds, Sketch]:
    """Add hashes to the stored sketches, and return these.

    For up to CHUNK sketches, the number of statements doesn't depend on their number.
    """
    if not new:
        return {}
    with transaction.atomic():
        return _merge(new)


def _merge(new: Hashes) -> dict[MonthIds, Sketch]:
    keys = sorted(new)
    # So that each has a row to lock: two processes may add to a new one.
    empty = [_row(key, b"") for key in keys]
    TrackedUsers.objects.bulk_create(empty, ignore_conflicts=True)
    stored = _locked(keys)
    merged = {key: stored[key] | Sketch.of(new[key]) for key in keys}
    TrackedUsers.objects.bulk_create(
        [_row(key, merged[key].pack()) for key in keys if merged[key] != stored[key]],
        update_conflicts=True,
        unique_fields=["feed", "month", "kind"],
        update_fields=["sketch"],
    )
    return merged


def _hashed(ids: IdsByMonth, *, at: datetime) -> Hashes:
    """Return the hashes of IDs, without those of feeds that were deleted meanwhile."""
    feeds = Feed.objects.filter(pk__in={key.feed_id for key in ids})
    workspaces = dict(feeds.values_list("pk", "workspace_id"))
    key = hash_key(at=at)
    return {
        one: hashes(some, key=key, workspace_id=workspace_id, kind=one.kind)
        for one, some in ids.items()
        if (workspace_id := workspaces.get(one.feed_id)) is not None
    }


def _locked(keys: Sequence[MonthIds]) -> dict[MonthIds, Sketch]:
    rows = TrackedUsers.objects.filter(
        pk__in=[(one.feed_id, one.month, one.kind) for one in keys]
    )
    # In the order of the keys.
    ordered = rows.order_by("month", "feed", "kind").select_for_update()
    return {
        MonthIds(month, feed_id, IdKind(kind)): Sketch.unpack(bytes(sketch))
        for month, feed_id, kind, sketch in ordered.values_list(
            "month", "feed_id", "kind", "sketch"
        )
    }


def _row(key: MonthIds, sketch: bytes) -> TrackedUsers:
    return TrackedUsers(
        month=key.month, feed_id=key.feed_id, kind=key.kind, sketch=sketch
    )
