"""Counts within a sliding second."""

from __future__ import annotations

from collections import deque

SECOND_NS = 1_000_000_000


class SlidingSecond:
    """Counts moments in the second that ends now. `worst` is the highest count so far.

    The interval is half open: it contains only one of two moments exactly a second apart.
    """

    def __init__(self) -> None:
        self.worst = 0
        self._moments_ns: deque[int] = deque()

    def add(self, now_ns: int) -> None:
        """Count a moment. Moments must be in order."""
        self._moments_ns.append(now_ns)
        self.worst = max(self.worst, self.count(now_ns))

    def count(self, now_ns: int) -> int:
        """Return the number of moments in the second that ends with `now_ns`."""
        while self._moments_ns and self._moments_ns[0] <= now_ns - SECOND_NS:
            self._moments_ns.popleft()
        return len(self._moments_ns)
