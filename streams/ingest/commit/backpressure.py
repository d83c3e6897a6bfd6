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
    """The latest backlog. It is thread-safe.

    The first request that finds it outdated refreshes it; the others use the old one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.backlog = Backlog()
        self._clock = clock
        self._due_at = float("-inf")
        self._lock = threading.Lock()

    @property
    def is_due(self) -> bool:
        return self._clock() >= self._due_at

    def refresh(self) -> None:
        """Refresh the backlog, unless another thread does."""
        with self._lock:
            if not self.is_due:
                return
            self._due_at = self._clock() + REFRESH_S
        began = self._clock()
        backlog = measure()
        duration_s = self._clock() - began
        self._due_at = began + duration_s + max(REFRESH_S, REST * duration_s)
        limits = _limits(backlog)
        if limits != _limits(self.backlog):
            log.warning("ingest.load_changed", **limits, waiting=backlog.waiting)
        self.backlog = backlog


def check_all(backlog: Backlog) -> None:
    """Raise RequestRefused if all events must be refused."""
    if backlog.storage_full:
        raise storage_full()
    if backlog.backlog_full:
        raise unavailable(
            "INGEST-FULL-002",
            "The portal has too many queued events.",
            retry_after_s=RETRY_AFTER_S,
        )


def check_feed(backlog: Backlog, feed_id: int) -> None:
    """Raise RequestRefused if this feed has too many queued events."""
    if feed_id in backlog.full_feeds:
        raise throttled(retry_after_s=RETRY_AFTER_S)


def storage_full() -> RequestRefused:
    return unavailable(
        "INGEST-FULL-003",
        "The portal's storage is full.",
        retry_after_s=RETRY_AFTER_S,
    )


def _limits(backlog: Backlog) -> dict[str, object]:
    return {
        "full_feeds": sorted(backlog.full_feeds)[:20],
        "backlog_full": backlog.backlog_full,
        "storage_full": backlog.storage_full,
    }
