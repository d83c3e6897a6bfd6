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
    from streams.delivery.models import Cursor

KNOWN_FEEDS = (
    10_000  # whose mean size is remembered; forgetting one costs a larger read
)


class BatchReader:
    """Reads the next batch of a cursor, and little more than it needs."""

    def __init__(self) -> None:
        self._mean_bytes: dict[int, float] = {}

    def read(self, cursor: Cursor) -> Batch | None:
        """The events after the cursor's position. Raises batching.MissingEvents."""
        most = most_events(position=cursor.position, suspect_seq=cursor.suspect_seq)
        after = Event.objects.filter(feed=cursor.feed_id, seq__gt=cursor.position)
        if cursor.position_at is not None:
            after = after.filter(received_at__gte=cursor.position_at)
        mean = self._mean_bytes.get(cursor.feed_id, MAX_BODY_BYTES / 250)
        rows = after.order_by("seq").values_list("seq", "received_at", "payload")
        batch = take(rows[: rows_to_ask(mean, most)], after=cursor.position, most=most)
        if batch:
            self._learn(cursor.feed_id, batch)
        return batch

    def _learn(self, feed_id: int, batch: Batch) -> None:
        if len(self._mean_bytes) >= KNOWN_FEEDS:
            self._mean_bytes.clear()
        size = sum(map(len, batch.payloads)) + len(batch)
        self._mean_bytes[feed_id] = size / len(batch)
