"""The raw limit of the database: binary COPY of the same rows into a table with their key."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.load import events

if TYPE_CHECKING:
    import psycopg

AT_ONCE = 3_200  # rows per transaction: as many as 32 clients send together
TABLE = """
CREATE TABLE copied (
    feed_id int8, seq int8, received_at timestamptz, type varchar(8), name varchar(200),
    user_id varchar(200), message_id varchar(100), payload bytea,
    PRIMARY KEY (feed_id, seq, received_at)
)
"""
TYPES = ["int8", "int8", "timestamptz", *["varchar"] * 4, "bytea"]


def events_per_s(connection: psycopg.Connection, groups: int, prefix: str) -> float:
    """Return its speed, without the time to build the rows."""
    connection.execute("DROP TABLE IF EXISTS copied")
    connection.execute(TABLE)
    rows = list(_rows(groups * AT_ONCE, prefix))
    began = time.monotonic()
    for group in itertools.batched(rows, AT_ONCE):
        statement = "COPY copied FROM STDIN (FORMAT BINARY)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(TYPES)
            for row in group:
                copy.write_row(row)
    return len(rows) / (time.monotonic() - began)


def _rows(count: int, prefix: str) -> Iterator[tuple]:
    at = datetime.now(UTC)
    for number in range(count):
        kind = number % events.KINDS
        payload = events.single_body(kind, 1_000, prefix) % number
        message_id = f"{prefix}-{number:012d}"
        yield kind, number, at, "track", "Email Opened", "user-1", message_id, payload
