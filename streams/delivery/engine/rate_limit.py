from __future__ import annotations

import heapq
from dataclasses import dataclass, field

TOGETHER_S = 0.001


@dataclass(slots=True)
class SlidingWindowLimiter:
    """A rate limit: at most `limit` requests per sliding window, as the *receiver* counts.

    A request reaches the receiver at some time between its sending and its response. So
    the 51st request is sent only after a whole window has passed since the response to the
    first. Then no network delay can bring 51 requests into one window. This costs one
    round trip per window.

    Times are seconds of a monotonic clock.
    """

    limit: int
    window_s: float = 1.0
    # A burst after an idle time is spread over this time. Otherwise all later requests
    # would come in bursts, too.
    spread_s: float = 0.2
    # The clocks of sender and receiver may run at different speeds.
    slack_s: float = 0.001
    not_before: float = float("-inf")  # the earliest time of the first request
    _in_flight: int = 0
    # A heap: when each request stops counting.
    _free_at: list[float] = field(default_factory=list)
    _last_free_at: float = float("-inf")
    _last_at: float = float("-inf")

    def wait_s(self, now: float) -> float:
        """Return the seconds until a request may be sent; infinite: a response is needed first."""
        while self._free_at and self._free_at[0] <= now:
            heapq.heappop(self._free_at)
        spread = self._last_at + self.spread_s / self.limit
        wait = max(0.0, spread - now, self.not_before - now)
        if self._in_flight + len(self._free_at) < self.limit:
            return wait
        return max(wait, self._free_at[0] - now) if self._free_at else float("inf")

    def room(self, now: float) -> int:
        """Return how many requests may be sent now.

        More than one if the spread of a burst puts several into a millisecond.
        """
        if self.wait_s(now) > 0:
            return 0
        together = 1 + int(TOGETHER_S * self.limit / self.spread_s)
        return min(together, self.limit - self._in_flight - len(self._free_at))

    def take(self, now: float) -> None:
        """Count a request that is sent now. The caller has checked `wait_s`."""
        self._in_flight += 1
        self._last_at = now

    def settle(self, now: float) -> None:
        """Count a request as completed: it got a response, or can no longer get one."""
        self._in_flight -= 1
        free_at = now + self.window_s + self.slack_s
        heapq.heappush(self._free_at, free_at)
        self._last_free_at = max(self._last_free_at, free_at)

    def free_in_s(self, now: float) -> float:
        """Return the seconds until no request counts any more."""
        return float("inf") if self._in_flight else max(0.0, self._last_free_at - now)
