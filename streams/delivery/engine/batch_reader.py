from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from streams.delivery.engine.erased_events import ErasedEvents
from streams.delivery.replay import batches
from streams.delivery.segment.batch import (
    Batch,
    MissingEvents,
    longest_batch,
    most_events,
    rows_to_read,
)
from streams.events.erasure import tombstones
from streams.events.store.interface import store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.delivery.models import Cursor
    from streams.events.store.rows import LogRow

# Cursors whose mean event size is cached. A cursor that isn't cached reads more.
KNOWN_CURSORS = 10_000
# The assumed size for others: a second read of small events costs more than reading too many
# large ones.
FIRST_MEAN_BYTES = 1_000
PASSED_AT_ONCE = 2_500  # erased events, while other cursors wait


class BatchReader:
    """Reads the next batch of a cursor, with little excess."""

    def __init__(self) -> None:
        self._mean_bytes: dict[int, float] = {}

    def read(self, cursor: Cursor) -> Batch | None:
        """Return the events after the cursor's position.

        Raises MissingEvents, ErasedEvents and, for a replay, NothingMatched.
        """
        most = most_events(position=cursor.position, suspect_seq=cursor.suspect_seq)
        mean = self._mean_bytes.get(cursor.pk, FIRST_MEAN_BYTES)
        page = rows_to_read(mean, most)
        if cursor.end_seq is None:
            batch = longest_batch(_rows(cursor, page), after=cursor.position, most=most)
        else:
            batch = batches.read(cursor, page=page)
        if batch:
            self._learn(cursor.pk, batch)
        elif cursor.feed.head_seq > cursor.position:
            raise _not_sent(cursor)
        return batch

    def _learn(self, cursor_id: int, batch: Batch) -> None:
        if len(self._mean_bytes) >= KNOWN_CURSORS:
            self._mean_bytes.clear()
        size = sum(map(len, batch.payloads)) + len(batch)
        self._mean_bytes[cursor_id] = size / len(batch)


def _not_sent(cursor: Cursor) -> ErasedEvents | MissingEvents:
    """Return why the next event of a live cursor can't be sent."""
    rows = islice(_rows(cursor, PASSED_AT_ONCE), PASSED_AT_ONCE)
    if erased := tombstones.leading(rows, after=cursor.position):
        last_seq, last_at, _payload = erased[-1]
        return ErasedEvents(last_seq, last_at)
    return MissingEvents(f"Event {cursor.position + 1} is missing from the log.")


def _rows(cursor: Cursor, page: int) -> Iterator[LogRow]:
    """Yield the events after the cursor, read in pages on demand."""
    position, since = cursor.position, cursor.position_at
    # Up to the feed's head as it was read with the cursor: later events belong to the next
    # batch, so partitions of later days need no search.
    until = cursor.feed.head_at
    if until is None:
        return
    while True:
        rows = store().events_after(cursor.feed_id, position, since, until, page)
        yield from rows
        if len(rows) < page:
            return
        position, since, _ = rows[-1]
