"""The backlog and the free storage, which ingest checks every few seconds."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

# The backlog by feed: events queued for its newest live cursor or for a first connection, and
# events in quarantine. An idle cursor has no queue, so most rows are skipped. Returns one row
# for all feeds within the bound, and one for each feed beyond it.
WAITING = """
    SELECT CASE WHEN waiting >= %(bound)s THEN feed_id END AS full_feed, sum(waiting)
    FROM (SELECT feed_id, sum(waiting) AS waiting FROM (
        SELECT feed.id AS feed_id, feed.head_seq - cursor.position AS waiting
        FROM streams_cursor AS cursor
        JOIN streams_feed AS feed ON feed.id = cursor.feed_id
        WHERE cursor.kind = 'live' AND cursor.due_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM streams_cursor AS newer
            WHERE newer.feed_id = cursor.feed_id AND newer.kind = 'live'
              AND newer.connection_id > cursor.connection_id
        )
        UNION ALL
        SELECT feed.id, feed.head_seq - feed.expired_seq
        FROM streams_feed AS feed
        WHERE feed.head_seq > feed.expired_seq AND NOT EXISTS (
            SELECT 1 FROM streams_cursor AS cursor
            WHERE cursor.feed_id = feed.id AND cursor.kind = 'live'
        )
        UNION ALL
        SELECT feed.id, feed.quarantined FROM streams_feed AS feed WHERE feed.quarantined > 0
    ) AS parts GROUP BY feed_id) AS feeds
    GROUP BY 1
"""
NO_BOUND = 2**62  # events; stands for a bound of 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """The backlog, and which bounds are reached."""

    waiting: int = 0  # events, of all feeds
    full_feeds: frozenset[int] = frozenset()  # at MAX_FEED_BACKLOG_EVENTS, or over it
    backlog_full: bool = False  # all together at MAX_BACKLOG_EVENTS, or over it
    storage_full: bool = False  # the disk or the database

    @property
    def takes_nothing(self) -> bool:
        """Whether no events are accepted."""
        return self.backlog_full or self.storage_full


def measure() -> Backlog:
    """Measure the backlog with one statement, and the free storage."""
    with connection.cursor() as sql:
        bound = settings.MAX_FEED_BACKLOG_EVENTS or NO_BOUND
        sql.execute(WAITING, {"bound": bound})
        rows = sql.fetchall()
    waiting = sum(int(events) for _, events in rows)
    return Backlog(
        waiting=waiting,
        full_feeds=frozenset(feed for feed, _ in rows if feed is not None),
        backlog_full=waiting >= (settings.MAX_BACKLOG_EVENTS or NO_BOUND),
        storage_full=storage_full(),
    )


def storage_full() -> bool:
    """Whether a local disk is below its floor, or the database is beyond its bound."""
    if any(free < settings.MIN_FREE_DISK_BYTES for free in _free_bytes()):
        return True
    bound = settings.MAX_DATABASE_BYTES
    return bool(bound) and _database_bytes() >= bound


def _free_bytes() -> list[int]:
    folders = {settings.VAR_DIR}
    if connection.vendor == "sqlite":
        folders.add(Path(connection.settings_dict["NAME"]).parent)
    return [shutil.disk_usage(folder).free for folder in folders if folder.exists()]


def _database_bytes() -> int:
    if connection.vendor == "sqlite":
        return Path(connection.settings_dict["NAME"]).stat().st_size
    # The server's own disk and its log are not visible from here.
    with connection.cursor() as sql:
        sql.execute("SELECT pg_database_size(current_database())")
        return int(sql.fetchone()[0])
