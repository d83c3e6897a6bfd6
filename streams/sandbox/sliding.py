"""How many moments fall into a second that slides."""

from __future__ import annotations

from collections import deque

SECOND_NS = 1_000_000_000


class SlidingSecond:
    """Counts moments in the second that ends now; `worst` is the most there ever were.

    The second is half open: of two moments exactly one second apart it holds one.
    """

    def __init__(self) -> None:
        self.worst = 0
        self._moments_ns: deque[int] = deque()

    def add(self, now_ns: int) -> None:
        """Count a moment; moments come in order."""
        self._moments_ns.append(now_ns)
        self.worst = max(self.worst, self.count(now_ns))

    def count(self, now_ns: int) -> int:
        """The moments in the second up to and with `now_ns`."""
        while self._moments_ns and self._moments_ns[0] <= now_ns - SECOND_NS:
            self._moments_ns.popleft()
        return len(self._moments_ns)
