"""Backpressure: whether events are taken now, by what was seen a few seconds ago."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from streams.ingest.answers import throttled
from streams.observability.load import Load, look
from streams.serving.wire import unavailable

if TYPE_CHECKING:
    from streams.base.refusals import RequestRefused

log = structlog.get_logger()

REFRESH_S = 5.0
# A look at very many feeds takes long: no more than a fiftieth of the time goes into it.
REST = 50
RETRY_AFTER_S = 60  # a backlog does not go away in seconds


class Pressure:
    """What `look` saw last. Safe between threads; a request that finds it old looks anew,
    and those beside it go on with the old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.load = Load()
        self._clock = clock
        self._due_at = float("-inf")
        self._lock = threading.Lock()

    @property
    def is_due(self) -> bool:
        return self._clock() >= self._due_at

    def refresh(self) -> None:
        """Look, unless somebody does."""
        with self._lock:
            if not self.is_due:
                return
            self._due_at = self._clock() + REFRESH_S
        began = self._clock()
        seen = look()
        took = self._clock() - began
        self._due_at = began + took + max(REFRESH_S, REST * took)
        if _limits(seen) != _limits(self.load):
            log.warning("ingest.load_changed", **_limits(seen), waiting=seen.waiting)
        self.load = seen


def check_all(load: Load) -> None:
    """Raises RequestRefused where no event of anybody is taken."""
    if load.storage_full:
        raise storage_full()
    if load.backlog_full:
        raise unavailable(
            "INGEST-FULL-002",
            "More events wait to be delivered than this portal takes.",
            retry_after_s=RETRY_AFTER_S,
        )


def check_feed(load: Load, feed_id: int) -> None:
    """Raises RequestRefused where too much waits in this feed."""
    if feed_id in load.full_feeds:
        raise throttled(retry_after_s=RETRY_AFTER_S)


def storage_full() -> RequestRefused:
    return unavailable(
        "INGEST-FULL-003",
        "The portal has no room left to store events.",
        retry_after_s=RETRY_AFTER_S,
    )


def _limits(load: Load) -> dict[str, object]:
    return {
        "full_feeds": sorted(load.full_feeds)[:20],
        "backlog_full": load.backlog_full,
        "storage_full": load.storage_full,
    }
