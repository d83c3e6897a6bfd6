"""Erased events: their numbers and times of receipt stay, and nothing else does.

A tombstone is an event whose columns were overwritten in place. So numbers have no gaps, and
cursors pass over it. Everything that reads payloads passes over tombstones, too.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from streams.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from streams.events.store.rows import LogRow

ERASED = "erased"  # the type of a tombstone, which no call has
PAYLOAD = b"{}"  # no event is as short, and everything can read it


def is_tombstone(payload: bytes | memoryview) -> bool:
    """Whether a stored payload is that of an erased event."""
    return len(payload) == len(PAYLOAD)


def overwrite(
    feed_id: int, seqs: Collection[int], *, since: datetime, until: datetime
) -> int:
    """Erase events with these numbers, received in this time; return how many there were.

    An event that a worker is sending at this moment is still sent. The times let PostgreSQL
    open only the partitions of their days.
    """
    events = Event.objects.filter(
        feed=feed_id, seq__in=seqs, received_at__gte=since, received_at__lte=until
    )
    blank = {"type": ERASED, "name": "", "user_id": "", "message_id": ""}
    return events.exclude(type=ERASED).update(**blank, payload=PAYLOAD)


def leading(rows: Iterable[LogRow], *, after: int) -> list[LogRow]:
    """Return the tombstones from the start of rows, which continue from `after`."""
    found: list[LogRow] = []
    for row in takewhile(lambda one: is_tombstone(one[2]), rows):
        if row[0] != after + len(found) + 1:
            break
        found.append(row)
    return found
