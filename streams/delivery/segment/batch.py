"""Build the body of one request by joining stored events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.base.clock import iso_ms
from streams.events.erasure.tombstones import is_tombstone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

# Segment's limits for a batch (segment/http-api.md, 5); 500 KB read as the smaller.
MAX_BODY_BYTES = 500_000
MAX_EVENTS = 2_500
FRAME_BYTES = 64  # the JSON around the events


class MissingEvents(Exception):
    """The log has a gap: events after the position are missing."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of a feed that fit into one request, in order."""

    first_seq: int
    last_seq: int
    last_at: datetime  # when the last of them was received
    payloads: list[bytes] = field(repr=False)
    # Of the payloads. A replay's have gaps, and so have those around erased events.
    seqs: Sequence[int] = field(repr=False)

    def __len__(self) -> int:
        return len(self.payloads)

    def body(self, sent_at: datetime) -> bytes:
        """Return the JSON of the request, with the current time as `sentAt`."""
        events = b",".join(self.payloads)
        return b'{"batch":[%b],"sentAt":"%b"}' % (events, iso_ms(sent_at).encode())


def most_events(*, position: int, suspect_seq: int | None) -> int:
    """Return how many event numbers the next request spans at most.

    If there is an invalid event in (position, suspect_seq], send half of the range. Either
    half's result shows which one contains it, so about twelve requests find one event
    among 2,500.
    """
    if suspect_seq is None or suspect_seq <= position:
        return MAX_EVENTS
    return max(1, (suspect_seq - position) // 2)


def longest_batch(
    rows: Iterable[tuple[int, datetime, bytes | memoryview]], *, after: int, most: int
) -> Batch | None:
    """Return the longest batch from the start of rows (seq, received_at, payload).

    It has at least one event, however large, and of at most `most` numbers. Erased events
    between the others are left out. None: there are no rows, or the first event was erased.
    Raises MissingEvents if the rows don't continue from `after` without a gap.
    """
    payloads: list[bytes] = []
    seqs: list[int] = []
    size, last_at, number = FRAME_BYTES, None, after
    for seq, received_at, payload in rows:
        size += len(payload) + 1
        if payloads and (size > MAX_BODY_BYTES or seq > after + most):
            break
        number += 1
        if seq != number:
            raise MissingEvents(f"Event {number} is missing from the log.")
        if is_tombstone(payload):
            if not payloads:
                break
            continue
        payloads.append(bytes(payload))
        seqs.append(seq)
        last_at = received_at
    if last_at is None:
        return None
    return Batch(after + 1, seqs[-1], last_at, payloads, seqs)


def rows_to_read(mean_bytes: float, most: int) -> int:
    """Return how many rows to read to fill a batch with little excess."""
    fitting = int(MAX_BODY_BYTES / max(mean_bytes, 1.0) * 1.1) + 2
    return min(fitting, most)
