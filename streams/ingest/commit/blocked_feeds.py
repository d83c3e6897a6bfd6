"""Feeds whose rows another session keeps locked, so that the writer doesn't wait for them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from streams.base.database.frozen_sessions import end_frozen_sessions
from streams.base.database.session import DATABASE_DOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

log = structlog.get_logger()

LOOK_AGAIN_S = 0.5
# A busy feed is locked only for short moments; a stuck feed is locked at each check.
LOOKS = 4
BETWEEN_LOOKS_S = 0.05


class BlockedFeeds:
    """The feeds that a writer refuses immediately, after one wait has timed out.

    `locked` returns those of some feeds that another session has locked now.
    """

    def __init__(self, locked: Callable[[set[int]], set[int]]) -> None:
        self._locked = locked
        self._feeds: set[int] = set()
        self._looked_at = 0.0  # monotonic
        self.error: Exception = TimeoutError()  # the error of their requests

    def __bool__(self) -> bool:
        return bool(self._feeds)

    def find(self, feed_ids: Collection[int], error: Exception) -> bool:
        """Find the stuck feeds after a lock timeout. Returns whether there are any."""
        stuck = set(feed_ids) - self._feeds
        for look in range(LOOKS):
            if look:
                time.sleep(
                    BETWEEN_LOOKS_S
                )  # after a wait of seconds, in its own thread
            stuck = self._blocked(stuck)
        if stuck:
            log.warning("ingest.feeds_locked", feeds=sorted(stuck))
            self.error = error
            self._feeds |= stuck
            self._looked_at = time.monotonic()
        return bool(stuck)

    def among(self, feed_ids: Collection[int]) -> set[int]:
        """Return those of these feeds that are still stuck."""
        if not self._feeds.isdisjoint(feed_ids) and self._is_due():
            self._feeds = self._blocked(self._feeds)
        return self._feeds.intersection(feed_ids)

    def _is_due(self) -> bool:
        at = time.monotonic()
        if at - self._looked_at < LOOK_AGAIN_S:
            return False
        self._looked_at = at
        return True

    def _blocked(self, feed_ids: set[int]) -> set[int]:
        """Return the feeds that are locked now; none if the database is unavailable."""
        if not feed_ids:
            return feed_ids
        try:
            end_frozen_sessions()
            return self._locked(feed_ids)
        except DATABASE_DOWN:
            return set()
