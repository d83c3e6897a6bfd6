"""Reads and writes the rows of the log, in the fastest way of each database.

PostgreSQL supports binary COPY and arrays; SQLite accepts many rows in one statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.db import connection

from streams.events.on_postgres import PostgresStore
from streams.events.on_sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from streams.events.rows import (
        EventRow,
        FeedRow,
        HeadRow,
        HeldRow,
        LogRow,
        MarkRow,
        SeenRow,
    )


class Store(Protocol):
    """Statements within the caller's transaction."""

    def look(
        self,
        feed_ids: Sequence[int],
        digests: Sequence[bytes],
        since: datetime,
        now: datetime,
    ) -> tuple[list[FeedRow], set[tuple[bytes, int]]]:
        """Lock feeds, then return the digests seen since a moment, as (digest, feed_id).

        Feeds are locked in the given order, which must be by ID to avoid deadlocks.
        """

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        """Return a feed's next events by number. The times limit the partitions read."""

    def write(
        self,
        events: Sequence[EventRow],
        seen: Sequence[SeenRow],
        heads: Sequence[HeadRow],
        marks: Sequence[MarkRow],
        held: Sequence[HeldRow],
    ) -> int:
        """Write rows and advance heads. Returns the number of advanced feeds.

        Existing marks are kept. `held` rows go to quarantine and are counted in their
        feeds.
        """


def store() -> Store:
    """Return the store of the database in use."""
    return PostgresStore() if connection.vendor == "postgresql" else SqliteStore()
