"""Read the next batch of a replay. Not a hot path: live cursors don't use it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from streams.delivery.models import Cursor
from streams.delivery.replay.matching import matching
from streams.delivery.segment.batch import MAX_EVENTS, Batch, longest_batch
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from streams.delivery.replay.models import Replay
    from streams.events.store.rows import LogRow

# Event numbers that one turn searches for a match. The drain's only thread does it while
# live cursors wait.
WINDOW = 5_000

_encode = msgspec.json.Encoder().encode


class NothingMatched(Exception):
    """No event up to that number matches the replay."""

    def __init__(self, up_to: int) -> None:
        super().__init__(f"Nothing to send up to {up_to}.")
        self.up_to = up_to


def read(cursor: Cursor, *, page: int) -> Batch:
    """Return the next batch of a replay, with up to `page` events. Raises NothingMatched.

    Skips events that don't match the filter or are past their retention. A batch spans no
    more event numbers than a batch of a live cursor, so a filter never costs more requests
    than the whole range.
    """
    replay, suspect = cursor.replay, cursor.suspect_seq or 0
    if suspect > cursor.position:
        rows = _rows(cursor, cursor.position, suspect, MAX_EVENTS)
        # Half of the events of which Segment rejected one, by count (batch.py).
        rows, up_to = rows[: max(1, len(rows) // 2)], suspect
    else:
        after = _before_first(cursor)
        up_to = min(cursor.end_seq or 0, after + MAX_EVENTS)
        rows = _rows(cursor, after, up_to, page)
    batch = sparse_batch(rows)
    if batch is None:  # just deleted by retention
        raise NothingMatched(up_to)
    if replay.new_ids:
        payloads = [with_new_id(payload, replay) for payload in batch.payloads]
        batch = replace(batch, payloads=payloads)
    return batch


def sparse_batch(rows: Sequence[LogRow]) -> Batch | None:
    """Return the longest batch from the start of rows, which may have gaps."""
    # Renumbered without gaps, because `longest_batch` allows none.
    numbered = [(n, at, payload) for n, (_, at, payload) in enumerate(rows, start=1)]
    batch = longest_batch(numbered, after=0, most=MAX_EVENTS)
    if batch is None:
        return None
    seqs = [seq for seq, _, _ in rows[: len(batch)]]
    return replace(batch, first_seq=seqs[0], last_seq=seqs[-1], seqs=seqs)


def with_new_id(payload: bytes, replay: Replay) -> bytes:
    """Return the event with a new messageId, which is always the same for this replay.

    So Segment drops events that are sent again after a crash.
    """
    event = msgspec.json.decode(payload)
    name = f"{replay.public_id}:{event['messageId']}".encode()
    event["messageId"] = hashlib.blake2b(name, digest_size=16).hexdigest()
    return _encode(event)


def skip_to(cursor: Cursor, up_to: int, *, now: datetime) -> None:
    """Move the replay past events that don't match; complete it at its end."""
    at_end, expired = up_to == cursor.end_seq, expired_up_to(cursor, up_to)
    unmoved = Cursor.objects.filter(
        pk=cursor.pk, position=cursor.position, ended_at=None
    )
    unmoved.update(
        position=up_to,
        filtered=cursor.filtered + up_to - cursor.position - expired,
        expired=cursor.expired + expired,
        due_at=None if at_end else now,
        ended_at=now if at_end else None,
    )


def expired_up_to(cursor: Cursor, up_to: int) -> int:
    """Count the events from the cursor up to that number that are past their retention."""
    last = min(up_to, oldest_retained(cursor.feed) - 1)
    return max(0, last - cursor.position)


def _before_first(cursor: Cursor) -> int:
    """Return the number before the next matching event. Raises NothingMatched."""
    up_to, wanted = cursor.end_seq or 0, cursor.replay.filter
    if not (wanted.takes_all or wanted.is_list):
        up_to = min(up_to, cursor.position + WINDOW)
    found = matching(cursor, wanted, after=cursor.position, up_to=up_to)
    first = next(found, None)
    if first is None:
        raise NothingMatched(up_to)
    return first.seq - 1


def _rows(cursor: Cursor, after: int, up_to: int, most: int) -> list[LogRow]:
    found = matching(cursor, cursor.replay.filter, after=after, up_to=up_to)
    return [
        (event.seq, event.received_at, bytes(event.payload))
        for event in islice(found, most)
    ]
