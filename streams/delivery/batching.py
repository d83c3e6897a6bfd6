"""How events become the body of one request: stored bytes, joined."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.base.clock import iso_ms

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# Segment's limits for a batch (segment/http-api.md, 5); 500 KB read as the smaller.
MAX_BODY_BYTES = 500_000
MAX_EVENTS = 2_500
FRAME_BYTES = 64  # what stands around the events


class MissingEvents(Exception):
    """The log has a hole where it must not: events after the position are gone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that follow each other in a feed, as many as one request may hold."""

    first_seq: int
    last_seq: int
    last_at: datetime  # when the last of them was received
    payloads: list[bytes] = field(repr=False)

    def __len__(self) -> int:
        return len(self.payloads)

    def body(self, sent_at: datetime) -> bytes:
        """The request's JSON. `sentAt` is ours and fresh: times in events are true."""
        events = b",".join(self.payloads)
        return b'{"batch":[%b],"sentAt":"%b"}' % (events, iso_ms(sent_at).encode())


def most_events(*, position: int, suspect_seq: int | None) -> int:
    """How many events the next request may hold.

    With a bad event somewhere in (position, suspect_seq], half of them: whichever half
    Segment takes or refuses, the other is known to hold it, so some twelve requests
    find one among 2,500.
    """
    if suspect_seq is None or suspect_seq <= position:
        return MAX_EVENTS
    return max(1, (suspect_seq - position) // 2)


def take(
    rows: Iterable[tuple[int, datetime, bytes | memoryview]], *, after: int, most: int
) -> Batch | None:
    """The longest batch from the start of rows (seq, received_at, payload).

    Always at least one event, however large. None: there are no rows. Raises
    MissingEvents where the rows do not go on from `after` without a gap.
    """
    payloads: list[bytes] = []
    size, last_at = FRAME_BYTES, None
    for seq, received_at, payload in rows:
        size += len(payload) + 1
        if payloads and (size > MAX_BODY_BYTES or len(payloads) >= most):
            break
        if seq != after + len(payloads) + 1:
            raise MissingEvents(f"Event {after + len(payloads) + 1} is gone.")
        payloads.append(bytes(payload))
        last_at = received_at
    if last_at is None:
        return None
    return Batch(after + 1, after + len(payloads), last_at, payloads)


def rows_to_ask(mean_bytes: float, most: int) -> int:
    """How many rows to read so that a batch is full and little is read in vain."""
    fitting = int(MAX_BODY_BYTES / max(mean_bytes, 1.0) * 1.1) + 2
    return min(fitting, most)
