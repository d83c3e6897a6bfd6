from __future__ import annotations

from typing import TYPE_CHECKING

from streams.delivery.batching import (
    MAX_BODY_BYTES,
    Batch,
    most_events,
    rows_to_ask,
    take,
)
from streams.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from streams.delivery.models import Cursor

# Feeds whose mean size is remembered; forgetting one costs a larger read.
KNOWN_FEEDS = 10_000


class BatchReader:
    """Reads the next batch of a cursor, and little more than it needs."""

    def __init__(self) -> None:
        self._mean_bytes: dict[int, float] = {}

    def read(self, cursor: Cursor) -> Batch | None:
        """The events after the cursor's position. Raises batching.MissingEvents."""
        most = most_events(position=cursor.position, suspect_seq=cursor.suspect_seq)
        mean = self._mean_bytes.get(cursor.feed_id, MAX_BODY_BYTES / 250)
        rows = _rows(cursor, page=rows_to_ask(mean, most))
        batch = take(rows, after=cursor.position, most=most)
        if batch:
            self._learn(cursor.feed_id, batch)
        return batch

    def _learn(self, feed_id: int, batch: Batch) -> None:
        if len(self._mean_bytes) >= KNOWN_FEEDS:
            self._mean_bytes.clear()
        size = sum(map(len, batch.payloads)) + len(batch)
        self._mean_bytes[feed_id] = size / len(batch)


def _rows(
    cursor: Cursor, page: int
) -> Iterator[tuple[int, datetime, bytes | memoryview]]:
    """What follows the cursor, read page by page as it is asked for."""
    position, since = cursor.position, cursor.position_at
    while True:
        after = Event.objects.filter(feed=cursor.feed_id, seq__gt=position)
        if since is not None:
            after = after.filter(received_at__gte=since)
        columns = after.order_by("seq").values_list("seq", "received_at", "payload")
        rows = list(columns[:page])
        yield from rows
        if len(rows) < page:
            return
        position, since, _ = rows[-1]
