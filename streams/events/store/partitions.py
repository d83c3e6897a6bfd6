"""Tables with one partition per day on PostgreSQL, created ahead and dropped as a whole.

Both need a lock on the whole table. Waiting for it blocks every append, so the timeout is
LOCK_TIMEOUT, and a failed attempt is repeated an hour later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import structlog
from django.db import IntegrityError, OperationalError, connection, transaction

from streams.events.retention.bounded_delete import delete_before

log = structlog.get_logger()

PARTITIONED = {
    "streams_event": "received_at",
    "streams_seenmessage": "seen_at",
    "streams_delivery": "started_at",
}
DAYS_AHEAD = 7
LOCK_TIMEOUT = "500ms"


def make_partitions(today: date) -> None:
    """Create the partitions of all tables for today and the coming days."""
    if connection.vendor != "postgresql":
        return
    for table in PARTITIONED:
        known = {day for day, _ in _days(table)}
        days = {today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)}
        try:
            for day in sorted(days - known):
                _make_partition(table, day)
        except OperationalError as error:  # the lock was not available
            log.warning("retention.no_partition_made", table=table, error=str(error))


def drop_partitions(
    table: str,
    before: datetime,
    is_needed: Callable[[datetime], bool] = lambda _: False,
) -> list[str]:
    """Drop the partitions that end before a moment. Returns their names.

    `is_needed(end)` returns whether anything before `end` must stay. It is called again
    under the lock, when no rows can be added.
    """
    dropped: list[str] = []
    if connection.vendor != "postgresql":
        return dropped
    try:
        for day, name in sorted(_days(table)):
            end = datetime.combine(day + timedelta(days=1), time(), UTC)
            if end > before or is_needed(end):
                break
            if _drop(table, name, partial(is_needed, end)):
                dropped.append(name)
    except OperationalError as error:
        log.warning("retention.not_dropped", table=table, error=str(error))
    return dropped


def forget_before(table: str, before: datetime) -> int:
    """Delete older rows that are in no partition to drop. Returns their number.

    On PostgreSQL, these are the rows of days without a partition; on SQLite, all rows.
    """
    rest = f"{table}_default" if connection.vendor == "postgresql" else table
    return delete_before(rest, PARTITIONED[table], before)


def _days(table: str) -> Iterator[tuple[date, str]]:
    """Yield the day and the name of each partition of the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = %s::regclass",
            [table],
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        day = name.removeprefix(f"{table}_")
        if day.isdigit():
            yield datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date(), name


def _make_partition(table: str, day: date) -> None:
    name = f"{table}_{day:%Y%m%d}"
    bounds = f"FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
    try:
        with _locking(table), connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES {bounds}"
            )
    except IntegrityError as error:
        # The default partition already has rows of that day; they can stay there.
        log.warning("retention.no_partition_made", table=name, error=str(error))


def _drop(table: str, name: str, is_needed: Callable[[], bool]) -> bool:
    with _locking(table), connection.cursor() as cursor:
        if is_needed():
            return False
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
    log.info("retention.dropped", table=name)
    return True


@contextmanager
def _locking(table: str) -> Iterator[None]:
    """Run a transaction with exclusive access to the table."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute(f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE")
        yield
