"""How rows of the log are written on each database: all that an append knows of either.

PostgreSQL takes binary COPY and arrays; SQLite takes many rows in one statement.
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
        """Lock feeds, then see which digests a feed has taken since then, as (digest,
        feed_id).

        Feeds are locked in the order given: two groups that share some, both in the
        order of their ids, cannot wait for each other.
        """

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        """The next events of a feed, by number; times bound what is looked through."""

    def write(
        self,
        events: Sequence[EventRow],
        seen: Sequence[SeenRow],
        heads: Sequence[HeadRow],
        marks: Sequence[MarkRow],
        held: Sequence[HeldRow],
    ) -> int:
        """Write rows down and move heads; how many feeds were moved.

        A mark that is there already stays as it is. `held` goes into quarantine, and its
        feeds count it.
        """


def store() -> Store:
    """The store of the database that is in use."""
    return PostgresStore() if connection.vendor == "postgresql" else SqliteStore()
