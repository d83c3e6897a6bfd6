from __future__ import annotations

import heapq
from dataclasses import dataclass, field

TOGETHER_S = 0.001


@dataclass(slots=True)
class Budget:
    """At most `limit` requests in any sliding window, as the *receiver* counts them.

    A request reaches the receiver at some moment between its sending and its answer.
    So whichever request is the 51st may be sent only once the first has been answered
    for a whole window: then no time on the network can bring 51 into one. The price is
    one round trip in every window.

    Moments are seconds of a monotonic clock.
    """

    limit: int
    window_s: float = 1.0
    # Over this the requests of a burst after idling are spread, so that what follows
    # does not come in bursts for ever.
    spread_s: float = 0.2
    # The clocks of sender and receiver may tick differently.
    slack_s: float = 0.001
    not_before: float = float("-inf")  # the first request
    _unanswered: int = 0
    _frees: list[float] = field(
        default_factory=list
    )  # a heap: when each counts no more
    _last_free: float = float("-inf")
    _last_at: float = float("-inf")

    def wait_s(self, now: float) -> float:
        """Seconds until a request may be sent; infinite: not before one is answered."""
        while self._frees and self._frees[0] <= now:
            heapq.heappop(self._frees)
        spread = self._last_at + self.spread_s / self.limit
        wait = max(0.0, spread - now, self.not_before - now)
        if self._unanswered + len(self._frees) < self.limit:
            return wait
        return max(wait, self._frees[0] - now) if self._frees else float("inf")

    def room(self, now: float) -> int:
        """How many requests may be sent now: more than one where the spread of a burst
        puts several into a millisecond."""
        if self.wait_s(now) > 0:
            return 0
        together = 1 + int(TOGETHER_S * self.limit / self.spread_s)
        return min(together, self.limit - self._unanswered - len(self._frees))

    def take(self, now: float) -> None:
        """Spend one request; the caller has asked `wait_s`."""
        self._unanswered += 1
        self._last_at = now

    def settle(self, now: float) -> None:
        """A request was answered, or can no longer be."""
        self._unanswered -= 1
        free_at = now + self.window_s + self.slack_s
        heapq.heappush(self._frees, free_at)
        self._last_free = max(self._last_free, free_at)

    def quiet_in_s(self, now: float) -> float:
        """Seconds until nothing that was sent counts any more."""
        return float("inf") if self._unanswered else max(0.0, self._last_free - now)
