"""How many bytes of bodies a process holds: a request beyond the bound is turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.serving.wire import unavailable

if TYPE_CHECKING:
    from streams.base.refusals import RequestRefused
    from streams.serving.exchange import Exchange

# Of all requests whose body is being read, or that have no response yet.
MAX_BODY_BYTES = 64 * 1024 * 1024


class BodyCount:
    """The event loop's alone."""

    def __init__(self) -> None:
        self.total = 0  # bytes

    def grow(self, exchange: Exchange, count: int) -> None:
        """Count what came of a small body, or of one in chunks. Raises RequestRefused."""
        if not exchange.is_counted:
            exchange.counted_bytes += count
            self.total += count
            if self.total > MAX_BODY_BYTES:
                raise _too_much()

    def reserve(self, exchange: Exchange) -> None:
        """Count a large body as it is announced, before it comes. Raises RequestRefused.

        A sender that its headers do not name has half of the room, so that strangers
        cannot keep the others out. Of a body in chunks nothing is known yet.
        """
        room = MAX_BODY_BYTES if exchange.is_known else MAX_BODY_BYTES // 2
        coming = max(0, (exchange.length or 0) - exchange.counted_bytes)
        if self.total + coming > room:
            raise _too_much()
        exchange.is_counted = exchange.length is not None
        exchange.counted_bytes += coming
        self.total += coming

    def release(self, exchange: Exchange) -> None:
        """It has its response: it is stored or refused, or in the writer's own count."""
        self.total -= exchange.counted_bytes
        exchange.counted_bytes = 0


def _too_much() -> RequestRefused:
    return unavailable(
        "INGEST-BUSY-002",
        "The portal is reading as many bytes as it has memory for.",
        retry_after_s=1,
    )
