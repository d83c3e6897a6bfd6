from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

MAX_AGE_S = 60.0


class Recent[Result]:
    """The result of a costly query, read by one thread at a time and kept for MAX_AGE_S."""

    def __init__(self, read: Callable[[datetime], Result]) -> None:
        self._read, self._lock = read, threading.Lock()
        self._found: tuple[float, Result] | None = None  # since when, monotonic

    def get(self, now: datetime) -> Result:
        """Return the latest result, at most MAX_AGE_S old."""
        with self._lock:
            if self._found is None or time.monotonic() > self._found[0] + MAX_AGE_S:
                self._found = time.monotonic(), self._read(now)
            return self._found[1]

    def forget(self) -> None:
        """Read again at the next call."""
        self._found = None
