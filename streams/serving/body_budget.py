"""Counts the bytes of request bodies in memory, and refuses requests over the limit."""

from __future__ import annotations

from streams.serving.http_format import unavailable

# Limit for all requests whose body is being read or that have no response yet.
MAX_BODY_BYTES = 64 * 1024 * 1024


class BodyBudget:
    """The count of one process. Only the event loop uses it."""

    def __init__(self) -> None:
        self.total = 0  # bytes

    def reserve(self, count: int, *, is_known: bool = True) -> None:
        """Count bytes that have arrived or were announced. Raises RequestRefused.

        Announced bytes of senders without a known key can use half of the limit, so that
        they cannot block others.
        """
        limit = MAX_BODY_BYTES if is_known else MAX_BODY_BYTES // 2
        if self.total + count > limit:
            raise unavailable(
                "INGEST-BUSY-002",
                "The portal is receiving too many bytes at the same time.",
                retry_after_s=1,
            )
        self.total += count

    def release(self, count: int) -> None:
        """Stop counting bytes of a request that has a response, or was lost."""
        self.total -= count
