from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class CircuitBreaker:
    """A circuit breaker for the host of a region.

    It opens when several connections in a row find the host down. Then it lets one probe
    at a time through, after delays that double, until a probe gets a response. A single
    connection can't open it. Times are seconds of a monotonic clock.
    """

    threshold: int = 3  # different connections in a row
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    _down_for: set[int] = field(default_factory=set)
    _probe_at: float = 0.0
    _wait_s: float = 0.0
    _probing: bool = False

    @property
    def is_open(self) -> bool:
        return len(self._down_for) >= self.threshold

    def may_send(self, now: float) -> bool:
        """Whether a request may be sent now; while the breaker is open, it is the probe."""
        return not self.is_open or (not self._probing and now >= self._probe_at)

    def sent(self) -> None:
        """Record that a request is sent."""
        self._probing = self.is_open

    def up(self) -> None:
        """Record a response from the host."""
        self._down_for.clear()
        self._probing = False
        self._wait_s = 0.0

    def down(self, connection_id: int, now: float) -> None:
        """Record that the host didn't respond, or that its response shows that it is down."""
        self._down_for.add(connection_id)
        self._probing = False
        if self.is_open:
            doubled = self._wait_s * 2 or self.first_wait_s
            self._wait_s = min(doubled, self.longest_wait_s)
            self._probe_at = now + self._wait_s
