"""How each database stores the rows of the log; the interface that an append uses.

PostgreSQL uses binary COPY and arrays; SQLite uses statements with many rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.db import connection

from streams.events.store.postgres import PostgresEventStore
from streams.events.store.sqlite import SqliteEventStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from streams.events.store.rows import (
        EventRow,
        FeedRow,
        HeadRow,
        LogRow,
        MarkRow,
        QuarantineRow,
        SeenRow,
    )


class EventStore(Protocol):
    """Statements that run in the caller's transaction."""

    def lock(
        self,
        feed_ids: Sequence[int],
        digests: Sequence[bytes],
        since: datetime,
        now: datetime,
    ) -> tuple[list[FeedRow], set[tuple[bytes, int]]]:
        """Lock feeds, then return known digests since that time, as (digest, feed_id).

        Feeds are locked in the given order. If all groups use the order of IDs, there are
        no deadlocks.
        """

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        """Return the next events of a feed by number; the times bound the search."""

    def write(
        self,
        events: Sequence[EventRow],
        seen: Sequence[SeenRow],
        heads: Sequence[HeadRow],
        marks: Sequence[MarkRow],
        quarantined: Sequence[QuarantineRow],
    ) -> int:
        """Store rows and move heads; return how many feeds were moved.

        Existing marks stay unchanged. `quarantined` goes into quarantine and is counted by its
        feeds.
        """


def store() -> EventStore:
    """Return the store for the database in use."""
    return (
        PostgresEventStore()
        if connection.vendor == "postgresql"
        else SqliteEventStore()
    )
