from __future__ import annotations

from dataclasses import dataclass, field

REQUESTS = 50  # a second, batches included (segment/partner.md, 2)


@dataclass(slots=True, eq=False)
class Slot:
    """One request of the budget: taken when it is sent, free a window after its answer."""

    free_at: float | None = None


@dataclass(slots=True)
class Budget:
    """At most `limit` requests in any sliding window, as the *receiver* counts them.

    A request reaches the receiver at some moment between its sending and its answer.
    So whichever request is the 51st may be sent only once the first has been answered
    for a whole window: then no time on the network can bring 51 into one. The price is
    one round trip in every window.

    Moments are seconds of a monotonic clock.
    """

    limit: int = REQUESTS
    window_s: float = 1.0
    # Between two requests: after idling, a burst spreads over a fifth of a second, so
    # that what follows does not come in bursts for ever.
    gap_s: float = 0.004
    # The clocks of sender and receiver may tick differently.
    slack_s: float = 0.001
    _slots: list[Slot] = field(default_factory=list)
    _last_at: float = float("-inf")

    def wait_s(self, now: float) -> float:
        """Seconds until a request may be sent; infinite: not before one is answered."""
        self._slots = [s for s in self._slots if s.free_at is None or s.free_at > now]
        wait = max(0.0, self._last_at + self.gap_s - now)
        if len(self._slots) < self.limit:
            return wait
        frees = [s.free_at for s in self._slots if s.free_at is not None]
        return max(wait, min(frees, default=float("inf")) - now)

    def take(self, now: float) -> Slot:
        """Spend one request; the caller has asked `wait_s`."""
        slot = Slot()
        self._slots.append(slot)
        self._last_at = now
        return slot

    def settle(self, slot: Slot, now: float) -> None:
        """The request was answered, or can no longer be."""
        slot.free_at = now + self.window_s + self.slack_s

    def quiet_in_s(self, now: float) -> float:
        """Seconds until nothing that was sent counts any more."""
        self.wait_s(now)
        frees = [float("inf") if s.free_at is None else s.free_at for s in self._slots]
        return max(0.0, max(frees, default=now) - now)
