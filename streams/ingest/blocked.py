"""Feeds whose rows another session keeps locked: the one writer does not wait for them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from streams.base.database import DATABASE_DOWN
from streams.base.frozen import end_frozen_sessions
from streams.delivery.store import store

if TYPE_CHECKING:
    from collections.abc import Collection

log = structlog.get_logger()

LOOK_AGAIN_S = 0.5
# A feed that is busy is locked for moments, again and again. One that is stuck is locked
# at each of these looks.
LOOKS = 4
BETWEEN_LOOKS_S = 0.05


class BlockedFeeds:
    """What the writer turns away at once, after it has waited for it once in vain."""

    def __init__(self) -> None:
        self._feeds: set[int] = set()
        self._looked_at = 0.0  # monotonic
        self.error: Exception = TimeoutError()  # why their requests fail

    def __bool__(self) -> bool:
        return bool(self._feeds)

    def find(self, feed_ids: Collection[int], error: Exception) -> bool:
        """After a lock timeout: note those that are stuck. False: none is known."""
        stuck = set(feed_ids) - self._feeds
        for look in range(LOOKS):
            if look:
                time.sleep(
                    BETWEEN_LOOKS_S
                )  # after a wait of seconds, in its own thread
            stuck = _blocked(stuck)
        if stuck:
            log.warning("ingest.feeds_locked", feeds=sorted(stuck))
            self.error = error
            self._feeds |= stuck
            self._looked_at = time.monotonic()
        return bool(stuck)

    def among(self, feed_ids: Collection[int]) -> set[int]:
        """Those of these feeds that are still stuck."""
        if not self._feeds.isdisjoint(feed_ids) and self._is_due():
            self._feeds = _blocked(self._feeds)
        return self._feeds.intersection(feed_ids)

    def _is_due(self) -> bool:
        at = time.monotonic()
        if at - self._looked_at < LOOK_AGAIN_S:
            return False
        self._looked_at = at
        return True


def _blocked(feed_ids: set[int]) -> set[int]:
    """Those that are locked now; none where the database cannot tell."""
    if not feed_ids:
        return feed_ids
    try:
        end_frozen_sessions()
        return store().blocked_feeds(feed_ids)
    except DATABASE_DOWN:
        return set()
