"""Tables of the days to come, and what is no longer needed.

Events and deliveries are kept for good in this version; only what deduplication no
longer asks for is forgotten.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from streams.events.models import SeenMessage

log = structlog.get_logger()

PARTITIONED = ("streams_event", "streams_seenmessage", "streams_delivery")
DAYS_AHEAD = 7
CHUNK = 10_000  # rows deleted in one transaction


def prune(*, now: datetime) -> None:
    """What beat does each hour: partitions ahead, the window of deduplication behind."""
    before = now - timedelta(hours=settings.DEDUP_WINDOW_HOURS)
    if connection.vendor == "postgresql":
        make_partitions(now.date())
        _drop_seen(before.date())
    else:
        _delete_seen(before)


def make_partitions(today: date) -> None:
    """A partition for each table and day from today on; those that exist stay."""
    for table in PARTITIONED:
        for ahead in range(DAYS_AHEAD + 1):
            _make_partition(table, today + timedelta(days=ahead))


def _make_partition(table: str, day: date) -> None:
    name = f"{table}_{day:%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return
    bounds = f"FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Who waits for this lock holds up every append: rather try again later.
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES {bounds}"
            )
    except (IntegrityError, OperationalError) as error:
        # Rows of that day are in the default partition already, where they may stay;
        # or the lock was not to be had.
        log.warning("retention.no_partition_made", table=name, error=str(error))


def _drop_seen(before: date) -> None:
    """Drop the partitions of days that lie wholly before the window."""
    table = "streams_seenmessage"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = %s::regclass",
            [table],
        )
        names = sorted(name for (name,) in cursor.fetchall())
        for name in names:
            if f"{table}_00000000" < name < f"{table}_{before:%Y%m%d}":
                cursor.execute(f"DROP TABLE {name}")
                log.info("retention.dropped", table=name)
        cursor.execute(
            f"DELETE FROM {table}_default WHERE seen_at < %s",  # noqa: S608
            [before],
        )


def _delete_seen(before: datetime) -> None:
    old = SeenMessage.objects.filter(seen_at__lt=before)
    while pks := list(old.values_list("pk", flat=True)[:CHUNK]):
        SeenMessage.objects.filter(pk__in=pks).delete()
        log.info("retention.forgot", rows=len(pks))
