"""Logs the numbers of a request's events together with the request's ID.

Delivery attempts are logged with event numbers, so a proxy's log line can be followed to
them. All requests of one commit share a line, because a line per request would cost more
than the request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from streams.events.log import FeedAddition, Seqs

log = structlog.get_logger()

# Entries per line, so that a line stays below the 16 KB at which Docker and journald cut.
MAX_IN_LINE = 50

# A request's ID, its additions and their numbers.
type Stored = tuple[str, Sequence[FeedAddition], Sequence[Seqs]]
type Entry = dict[str, str | int | None]


def log_stored(requests: Iterable[Stored]) -> None:
    """Log the numbers of these requests' events, by feed."""
    if log.isEnabledFor(logging.INFO):
        for entries in batched(_entries(requests), MAX_IN_LINE):
            log.info("ingest.stored", requests=entries)


def _entries(requests: Iterable[Stored]) -> Iterator[Entry]:
    for request_id, additions, given in requests:
        for addition, seqs in zip(additions, given, strict=True):
            numbers = [
                seq for seq in seqs if seq
            ]  # not duplicates or quarantined events
            yield {
                "request_id": request_id,
                "feed": addition.feed_id,
                "first_seq": numbers[0] if numbers else None,
                "last_seq": numbers[-1] if numbers else None,
            }
