"""How rows of the log are written on each database: all that an append knows of either.

PostgreSQL takes binary COPY and arrays; SQLite takes many rows in one statement.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from django.db import connection

from streams.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# feed_id, seq, received_at, type, name, user_id, message_id, payload
EventRow = tuple[int, int, datetime, str, str, str, str, bytes]
EVENT_COLUMNS = "feed_id, seq, received_at, type, name, user_id, message_id, payload"
EVENT_TYPES = ["int8", "int8", "timestamptz", *["varchar"] * 4, "bytea"]

SeenRow = tuple[bytes, int, datetime]  # digest, feed_id, seen_at
SEEN_COLUMNS = "digest, feed_id, seen_at"
SEEN_TYPES = ["bytea", "int8", "timestamptz"]

LogRow = tuple[int, datetime, bytes | memoryview]  # seq, received_at, payload
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before any event

HeadRow = tuple[int, int, datetime]  # feed_id, head_seq, head_at


# How far the clocks of two ingest machines may be apart.
CLOCKS_DIFFER = timedelta(hours=1)


class Store(Protocol):
    """Statements within the caller's transaction."""

    def seen(
        self, digests: Sequence[bytes], since: datetime, now: datetime
    ) -> set[tuple[bytes, int]]:
        """Which digests a feed has taken since then, as (digest, feed_id)."""

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        """The next events of a feed, by number; times bound what is looked through."""

    def write_events(self, rows: Iterable[EventRow]) -> None: ...

    def write_seen(self, rows: Iterable[SeenRow]) -> None: ...

    def move_heads(self, rows: Sequence[HeadRow]) -> int:
        """How many feeds were moved."""


class PostgresStore:
    def seen(
        self, digests: Sequence[bytes], since: datetime, now: datetime
    ) -> set[tuple[bytes, int]]:
        # With an end, so that the partitions of the days to come are not asked for each
        # digest; it leaves room for a machine whose clock is ahead.
        query = (
            "SELECT digest, feed_id FROM streams_seenmessage"
            " WHERE digest = ANY(%b) AND seen_at BETWEEN %s AND %s"
        )
        with _binary() as cursor:
            until = now + CLOCKS_DIFFER
            cursor.execute(query, [list(digests), since, until], binary=True)
            return set(cursor.fetchall())

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        query = (
            "SELECT seq, received_at, payload FROM streams_event WHERE feed_id = %s"
            " AND seq > %s AND received_at BETWEEN %s AND %s ORDER BY seq LIMIT %s"
        )
        first = since or EARLIEST
        with _binary() as cursor:
            cursor.execute(query, [feed_id, seq, first, until, most], binary=True)
            return cursor.fetchall()

    def write_events(self, rows: Iterable[EventRow]) -> None:
        self._copy(f"streams_event ({EVENT_COLUMNS})", EVENT_TYPES, rows)

    def write_seen(self, rows: Iterable[SeenRow]) -> None:
        self._copy(f"streams_seenmessage ({SEEN_COLUMNS})", SEEN_TYPES, rows)

    def move_heads(self, rows: Sequence[HeadRow]) -> int:
        feeds, heads, moments = zip(*rows, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE streams_feed SET head_seq = new.head, head_at = new.at"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[])"
                " AS new(feed, head, at) WHERE id = new.feed",
                [list(feeds), list(heads), list(moments)],
            )
            return int(cursor.rowcount)

    def _copy(self, target: str, types: list[str], rows: Iterable[Any]) -> None:
        with (
            # Django names the errors of `execute` alone as its own.
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)


@contextmanager
def _binary() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor of the driver's own, which passes bytes as they are: Django's writes them
    as hexadecimal text, both ways."""
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        yield cursor


_SEEN_AMONG = "SELECT digest, feed_id FROM streams_seenmessage WHERE digest IN"


class SqliteStore:
    CHUNK = 500  # parameters in one IN list: fewer than any SQLite's bound

    def seen(
        self, digests: Sequence[bytes], since: datetime, now: datetime
    ) -> set[tuple[bytes, int]]:
        found: set[tuple[bytes, int]] = set()
        with connection.cursor() as cursor:
            for first in range(0, len(digests), self.CHUNK):
                chunk = digests[first : first + self.CHUNK]
                marks = ", ".join(["%s"] * len(chunk))
                query = [_SEEN_AMONG, f"({marks}) AND seen_at >= %s"]
                cursor.execute(" ".join(query), [*chunk, _text(since)])
                found.update((bytes(d), feed_id) for d, feed_id in cursor.fetchall())
        return found

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        # Times tell no partition here: the key alone leads to the rows.
        after = Event.objects.filter(feed=feed_id, seq__gt=seq).order_by("seq")
        return list(after.values_list("seq", "received_at", "payload")[:most])

    def write_events(self, rows: Iterable[EventRow]) -> None:
        self._insert(f"INSERT INTO streams_event ({EVENT_COLUMNS})", 8, 2, rows)

    def write_seen(self, rows: Iterable[SeenRow]) -> None:
        # REPLACE: an entry older than the window may not have been pruned yet.
        self._insert(f"REPLACE INTO streams_seenmessage ({SEEN_COLUMNS})", 3, 2, rows)

    def move_heads(self, rows: Sequence[HeadRow]) -> int:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE streams_feed SET head_seq = %s, head_at = %s WHERE id = %s",
                [(head, _text(at), feed) for feed, head, at in rows],
            )
            return int(cursor.rowcount)

    def _insert(
        self, into: str, width: int, moment: int, rows: Iterable[tuple[Any, ...]]
    ) -> None:
        marks = ", ".join(["%s"] * width)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"{into} VALUES ({marks})",
                [(*r[:moment], _text(r[moment]), *r[moment + 1 :]) for r in rows],
            )


def _text(moment: datetime) -> str:
    """A time as Django writes it in SQLite, so that texts compare as times."""
    return str(connection.ops.adapt_datetimefield_value(moment))


def store() -> Store:
    """The store of the database that is in use."""
    return PostgresStore() if connection.vendor == "postgresql" else SqliteStore()
