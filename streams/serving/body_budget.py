"""Counts the bytes of request bodies in memory, and refuses requests over the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.serving.http_format import unavailable

if TYPE_CHECKING:
    from streams.base.request_errors import RequestRefused
    from streams.serving.request_context import RequestContext

# Limit for all requests whose body is being read or that have no response yet.
MAX_BODY_BYTES = 64 * 1024 * 1024


class BodyBudget:
    """The count of one process. Only the event loop uses it."""

    def __init__(self) -> None:
        self.total = 0  # bytes

    def grow(self, exchange: RequestContext, count: int) -> None:
        """Count received bytes of a small or chunked body. Raises RequestRefused."""
        if not exchange.is_counted:
            exchange.counted_bytes += count
            self.total += count
            if self.total > MAX_BODY_BYTES:
                raise _too_much()

    def reserve(self, exchange: RequestContext) -> None:
        """Count a large body before it arrives. Raises RequestRefused.

        Senders without a known key can use half of the limit, so that they cannot block
        others. A chunked body has no announced length.
        """
        room = MAX_BODY_BYTES if exchange.is_known else MAX_BODY_BYTES // 2
        coming = max(0, (exchange.length or 0) - exchange.counted_bytes)
        if self.total + coming > room:
            raise _too_much()
        exchange.is_counted = exchange.length is not None
        exchange.counted_bytes += coming
        self.total += coming

    def release(self, exchange: RequestContext) -> None:
        """Stop counting a request that was stored, refused or handed to the writer."""
        self.total -= exchange.counted_bytes
        exchange.counted_bytes = 0


def _too_much() -> RequestRefused:
    return unavailable(
        "INGEST-BUSY-002",
        "The portal is receiving too many bytes at the same time.",
        retry_after_s=1,
    )
