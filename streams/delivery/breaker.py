from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Breaker:
    """Whether a region's host is worth asking.

    It opens once several connections in a row found the host down. Then one probe at
    a time goes out, after waits that double, until one is answered. A single bad
    connection cannot open it. Moments are seconds of a monotonic clock.
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
        """Whether a request may go out now; while open that one is the probe."""
        return not self.is_open or (not self._probing and now >= self._probe_at)

    def sent(self) -> None:
        """A request goes out."""
        self._probing = self.is_open

    def up(self) -> None:
        """The host answered."""
        self._down_for.clear()
        self._probing = False
        self._wait_s = 0.0

    def down(self, connection_id: int, now: float) -> None:
        """The host did not answer, or answered for nobody."""
        self._down_for.add(connection_id)
        self._probing = False
        if self.is_open:
            doubled = self._wait_s * 2 or self.first_wait_s
            self._wait_s = min(doubled, self.longest_wait_s)
            self._probe_at = now + self._wait_s
