from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from streams.base.database.driver import columns, driver_cursor, pipeline
from streams.events.store.rows import (
    EVENT_COLUMNS,
    MARK_COLUMNS,
    QUARANTINE_COLUMNS,
    SEEN_COLUMNS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

    from streams.events.store.rows import (
        EventRow,
        FeedRow,
        HeadRow,
        LogRow,
        MarkRow,
        QuarantineRow,
        SeenRow,
    )

INTO_EVENTS = f"streams_event ({EVENT_COLUMNS})"
INTO_QUARANTINE = f"streams_quarantinedevent ({QUARANTINE_COLUMNS})"
INTO_SEEN = f"streams_seenmessage ({SEEN_COLUMNS})"
INTO_MARKS = f"streams_feedmark ({MARK_COLUMNS})"
EVENT_TYPES = ["int8", "int8", "timestamptz", *["varchar"] * 4, "bytea"]
QUARANTINE_TYPES = ["int8", "timestamptz", *["varchar"] * 5, "bytea"]
SEEN_TYPES = ["bytea", "int8", "timestamptz"]
MARK_TYPES = ["int8", "timestamptz", "int8"]
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before any event
# The allowed difference between the clocks of two ingest machines.
CLOCKS_DIFFER = timedelta(hours=1)


class PostgresEventStore:
    """The store on PostgreSQL. Uses as few round trips as possible: after each, the thread
    competes for Python's lock with everything that reads requests."""

    # From this number of rows, COPY is faster, although it needs its own round trips.
    COPY_FROM = 200

    def lock(
        self,
        feed_ids: Sequence[int],
        digests: Sequence[bytes],
        since: datetime,
        now: datetime,
    ) -> tuple[list[FeedRow], set[tuple[bytes, int]]]:
        statement = (
            "SELECT id, head_seq, head_at FROM streams_feed WHERE id = ANY(%b)"
            " ORDER BY id FOR NO KEY UPDATE"
        )
        # With an upper bound, so that each digest is not searched in future partitions. The
        # bound allows for a machine whose clock is ahead.
        among = (
            "SELECT digest, feed_id FROM streams_seenmessage"
            " WHERE digest = ANY(%b) AND seen_at BETWEEN %s AND %s"
        )
        until = now + CLOCKS_DIFFER
        with pipeline() as locked, driver_cursor() as seen:
            # A partition is empty when its day starts. A plan made then would scan it, and
            # would be kept while it grows.
            seen.execute("SET LOCAL enable_seqscan TO off")
            locked.execute(statement, [list(feed_ids)], binary=True, prepare=True)
            seen.execute(
                among, [list(digests), since, until], binary=True, prepare=True
            )
            return locked.fetchall(), set(seen.fetchall())

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        query = (
            "SELECT seq, received_at, payload FROM streams_event WHERE feed_id = %s"
            " AND seq > %s AND received_at BETWEEN %s AND %s ORDER BY seq LIMIT %s"
        )
        first = since or EARLIEST
        with driver_cursor() as cursor:
            # Not prepared, see `lock`. Planning takes little time compared to the reading.
            cursor.execute(query, [feed_id, seq, first, until, most], binary=True)
            return cursor.fetchall()

    def write(
        self,
        events: Sequence[EventRow],
        seen: Sequence[SeenRow],
        heads: Sequence[HeadRow],
        marks: Sequence[MarkRow],
        quarantined: Sequence[QuarantineRow],
    ) -> int:
        few: list[tuple[str, list[str], Sequence[tuple[Any, ...]]]] = []
        for into, types, rows in (
            (INTO_EVENTS, EVENT_TYPES, events),
            (INTO_QUARANTINE, QUARANTINE_TYPES, quarantined),
            (INTO_SEEN, SEEN_TYPES, seen),
        ):
            if len(rows) >= self.COPY_FROM:
                _copy(into, types, rows)
            elif rows:
                few.append((into, types, rows))
        with pipeline() as cursor:
            for into, types, rows in few:
                _insert(cursor, into, types, rows)
            if marks:
                unless_known = " ON CONFLICT DO NOTHING"
                _insert(cursor, INTO_MARKS, MARK_TYPES, marks, unless_known)
            if quarantined:
                _count_quarantined(cursor, quarantined)
            if not heads:
                return 0
            cursor.execute(
                "UPDATE streams_feed SET head_seq = new.head, head_at = new.at"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[])"
                " AS new(feed, head, at) WHERE id = new.feed RETURNING id",
                columns(heads),
                prepare=True,
            )
            return len(cursor.fetchall())


def _insert(
    cursor: psycopg.Cursor[Any],
    target: str,
    types: list[str],
    rows: Sequence[tuple[Any, ...]],
    then: str = "",
) -> None:
    arrays = ", ".join(f"%b::{name}[]" for name in types)
    rows_of = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - types are ours
    statement = f"INSERT INTO {target} {rows_of}{then}"
    cursor.execute(statement, columns(rows), prepare=True)


def _count_quarantined(
    cursor: psycopg.Cursor[Any], quarantined: Sequence[QuarantineRow]
) -> None:
    counts = Counter(feed_id for feed_id, *_ in quarantined)
    cursor.execute(
        "UPDATE streams_feed SET quarantined = quarantined + new.events"
        " FROM unnest(%s::bigint[], %s::bigint[]) AS new(feed, events)"
        " WHERE id = new.feed",
        columns(counts.items()),
        prepare=True,
    )


def _copy(target: str, types: list[str], rows: Iterable[Any]) -> None:
    statement = f"COPY {target} FROM STDIN (FORMAT BINARY)"
    with driver_cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
