"""From a request's ID to the numbers of its events, in the log.

A delivery attempt is logged with the numbers that it sends, so a proxy's log line can be
followed to it. One line for everything that was committed together: a line per request
would cost more than the request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from streams.events.log import Addition, Seqs

log = structlog.get_logger()

# Of one line, which stays below the 16 KB at which Docker and journald cut.
MAX_IN_LINE = 50

# A request's ID, what it brought, and the numbers this was given.
type Stored = tuple[str, Sequence[Addition], Sequence[Seqs]]
type Entry = dict[str, str | int | None]


def log_stored(requests: Iterable[Stored]) -> None:
    """Log the numbers that each feed's events of these requests were given."""
    if log.isEnabledFor(logging.INFO):
        for entries in batched(_entries(requests), MAX_IN_LINE):
            log.info("ingest.stored", requests=entries)


def _entries(requests: Iterable[Stored]) -> Iterator[Entry]:
    for request_id, additions, given in requests:
        for addition, seqs in zip(additions, given, strict=True):
            numbers = [seq for seq in seqs if seq]  # none: duplicates, or in quarantine
            yield {
                "request_id": request_id,
                "feed": addition.feed_id,
                "first_seq": numbers[0] if numbers else None,
                "last_seq": numbers[-1] if numbers else None,
            }
