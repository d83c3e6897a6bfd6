from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F

from streams.events.models import Event, Feed
from streams.events.store.rows import (
    EVENT_COLUMNS,
    MARK_COLUMNS,
    QUARANTINE_COLUMNS,
    SEEN_COLUMNS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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

_SEEN_AMONG = "SELECT digest, feed_id FROM streams_seenmessage WHERE digest IN"


class SqliteEventStore:
    CHUNK = 500  # parameters in an IN list, below the limit of every SQLite version

    def lock(
        self,
        feed_ids: Sequence[int],
        digests: Sequence[bytes],
        since: datetime,
        now: datetime,
    ) -> tuple[list[FeedRow], set[tuple[bytes, int]]]:
        # A transaction locks the whole database.
        feeds = Feed.objects.filter(pk__in=feed_ids)
        rows = list(feeds.values_list("pk", "head_seq", "head_at"))
        return rows, self._seen(digests, since)

    def _seen(
        self, digests: Sequence[bytes], since: datetime
    ) -> set[tuple[bytes, int]]:
        known: set[tuple[bytes, int]] = set()
        with connection.cursor() as cursor:
            for first in range(0, len(digests), self.CHUNK):
                chunk = digests[first : first + self.CHUNK]
                marks = ", ".join(["%s"] * len(chunk))
                query = [_SEEN_AMONG, f"({marks}) AND seen_at >= %s"]
                cursor.execute(" ".join(query), [*chunk, _text(since)])
                known.update((bytes(d), feed_id) for d, feed_id in cursor.fetchall())
        return known

    def events_after(
        self, feed_id: int, seq: int, since: datetime | None, until: datetime, most: int
    ) -> list[LogRow]:
        # There are no partitions to select by time, so the key is enough.
        after = Event.objects.filter(feed=feed_id, seq__gt=seq).order_by("seq")
        return list(after.values_list("seq", "received_at", "payload")[:most])

    def write(
        self,
        events: Sequence[EventRow],
        seen: Sequence[SeenRow],
        heads: Sequence[HeadRow],
        marks: Sequence[MarkRow],
        quarantined: Sequence[QuarantineRow],
    ) -> int:
        if quarantined:
            self._quarantine(quarantined)
        self._insert(f"INSERT INTO streams_event ({EVENT_COLUMNS})", 8, 2, events)
        # REPLACE, because an entry older than the window may not be pruned yet.
        self._insert(f"REPLACE INTO streams_seenmessage ({SEEN_COLUMNS})", 3, 2, seen)
        ignoring = f"INSERT OR IGNORE INTO streams_feedmark ({MARK_COLUMNS})"
        self._insert(ignoring, 3, 1, marks)
        if not heads:
            return 0
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE streams_feed SET head_seq = %s, head_at = %s WHERE id = %s",
                [(head, _text(at), feed) for feed, head, at in heads],
            )
            return int(cursor.rowcount)

    def _quarantine(self, quarantined: Sequence[QuarantineRow]) -> None:
        into = f"INSERT INTO streams_quarantinedevent ({QUARANTINE_COLUMNS})"
        self._insert(into, 8, 1, quarantined)
        for feed_id, count in Counter(feed_id for feed_id, *_ in quarantined).items():
            grown = F("quarantined") + count
            Feed.objects.filter(pk=feed_id).update(quarantined=grown)

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
    """Format a time like Django does in SQLite, so that texts compare like times."""
    return str(connection.ops.adapt_datetimefield_value(moment))
