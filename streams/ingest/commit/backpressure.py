"""Backpressure: refuses events if the backlog or the storage is full."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from streams.ingest.http.responses import throttled
from streams.observability.backlog import Backlog, measure
from streams.serving.http_format import unavailable

if TYPE_CHECKING:
    from streams.base.request_errors import RequestRefused

log = structlog.get_logger()

REFRESH_S = 5.0
# Pause fifty times as long as a check took, so that many feeds cost 2% of the time.
REST = 50
RETRY_AFTER_S = 60  # a backlog takes a while to shrink


class Backpressure:
    """The latest load. It is thread-safe.

    The first request that finds it outdated refreshes it; the others use the old one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.load = Backlog()
        self._clock = clock
        self._due_at = float("-inf")
        self._lock = threading.Lock()

    @property
    def is_due(self) -> bool:
        return self._clock() >= self._due_at

    def refresh(self) -> None:
        """Refresh the load, unless another thread does."""
        with self._lock:
            if not self.is_due:
                return
            self._due_at = self._clock() + REFRESH_S
        began = self._clock()
        seen = measure()
        took = self._clock() - began
        self._due_at = began + took + max(REFRESH_S, REST * took)
        if _limits(seen) != _limits(self.load):
            log.warning("ingest.load_changed", **_limits(seen), waiting=seen.waiting)
        self.load = seen


def check_all(load: Backlog) -> None:
    """Raise RequestRefused if all events must be refused."""
    if load.storage_full:
        raise storage_full()
    if load.backlog_full:
        raise unavailable(
            "INGEST-FULL-002",
            "The portal has too many queued events.",
            retry_after_s=RETRY_AFTER_S,
        )


def check_feed(load: Backlog, feed_id: int) -> None:
    """Raise RequestRefused if this feed has too many queued events."""
    if feed_id in load.full_feeds:
        raise throttled(retry_after_s=RETRY_AFTER_S)


def storage_full() -> RequestRefused:
    return unavailable(
        "INGEST-FULL-003",
        "The portal's storage is full.",
        retry_after_s=RETRY_AFTER_S,
    )


def _limits(load: Backlog) -> dict[str, object]:
    return {
        "full_feeds": sorted(load.full_feeds)[:20],
        "backlog_full": load.backlog_full,
        "storage_full": load.storage_full,
    }
