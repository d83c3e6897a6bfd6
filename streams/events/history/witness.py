"""What this process has reported to senders: the highest number of each feed.

A feed that assigns such a number again has lost events, for instance in a failover too
short for the watermark. Costs two look-ups in memory for each addition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from streams.base.clock import now
from streams.events.history.services import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.events.log import Seqs

log = structlog.get_logger()

MAX_FEEDS = 100_000  # some 10 MB; then it begins again

_reported: dict[int, int] = {}


def reported(feed_ids: Iterable[int]) -> list[int]:
    """The highest number reported of each of these feeds; 0: none. To be asked before
    the transaction: another thread may report later numbers during it."""
    return [_reported.get(feed_id, 0) for feed_id in feed_ids]


def witness(feed_ids: Sequence[int], before: Sequence[int], given: list[Seqs]) -> None:
    """Note the numbers that were given, once they are durable, and compare them."""
    if len(_reported) > MAX_FEEDS:
        _reported.clear()
    for feed_id, old, seqs in zip(feed_ids, before, given, strict=True):
        first = next((seq for seq in seqs if seq), None)
        if first is None:
            continue
        last = next(seq for seq in reversed(seqs) if seq)
        if first > old:
            _reported[feed_id] = max(last, _reported.get(feed_id, 0))
            continue
        _reported[feed_id] = last
        log.critical(
            "history.number_given_twice", feed=feed_id, reported=old, now=first
        )
        report(missing_until=now())
