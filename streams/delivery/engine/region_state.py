"""Whether a drain may send to a region: the host's health, and the share of senders."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from django.conf import settings

from streams.delivery.engine.circuit_breaker import CircuitBreaker

if TYPE_CHECKING:
    from streams.delivery.models import Cursor
    from streams.delivery.segment.responses import SegmentResponse


class RegionState:
    """The state of the regions, from the requests of one drain. Times are monotonic."""

    def __init__(self) -> None:
        self._breakers: defaultdict[str, CircuitBreaker] = defaultdict(CircuitBreaker)
        self._in_flight: Counter[str] = Counter()  # running requests by region

    def down(self, at: float) -> set[str]:
        """Return the regions that are down."""
        return {r for r, breaker in self._breakers.items() if not breaker.may_send(at)}

    def may_send(self, region: str, planned: int, at: float) -> bool:
        """Whether one more request may go there, in addition to those planned."""
        breaker = self._breakers[region]
        if planned and breaker.is_open:  # one is the probe
            return False
        # A region that hangs leaves half of the senders to other regions.
        most = max(1, settings.SENDER_THREADS // 2)
        return self._in_flight[region] + planned < most and breaker.may_send(at)

    def sent(self, region: str) -> None:
        """Record that a request is sent to the region."""
        self._breakers[region].sent()
        self._in_flight[region] += 1

    def settle(
        self, cursor: Cursor, response: SegmentResponse | None, at: float
    ) -> None:
        """Record a completed request; `response` is None if it was not sent."""
        region = cursor.connection.region
        self._in_flight[region] -= 1
        if response is None:
            return
        if response.host_is_down:
            self._breakers[region].down(cursor.connection_id, at)
        else:
            self._breakers[region].up()
