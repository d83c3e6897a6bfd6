from __future__ import annotations

import threading
import time
from collections.abc import Callable


class TtlCache[K, V]:
    """A cache of at most `size` entries, each with its own lifetime.

    It is thread-safe. A new entry replaces the oldest one if the cache is full.
    """

    def __init__(self, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._clock = clock
        self._entries: dict[K, tuple[float, V]] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return the value, or None if it is missing or expired."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= self._clock():
            return None
        return entry[1]

    def put(self, key: K, value: V, *, seconds: float) -> None:
        with self._lock:
            self._entries.pop(key, None)  # the newest entries are last
            while len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = (self._clock() + seconds, value)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
