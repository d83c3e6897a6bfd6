"""The highest event number per feed that this process has reported to senders.

If a feed assigns such a number again, it has lost events, for example in a failover too
short for the watermark. This costs two lookups in memory per addition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from streams.base.clock import now
from streams.events.data_loss.services import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.events.log import Seqs

log = structlog.get_logger()

MAX_FEEDS = 100_000  # about 10 MB; then it starts over

_reported: dict[int, int] = {}


def reported(feed_ids: Iterable[int]) -> list[int]:
    """Return the highest reported number of each feed, or 0.

    Call it before the transaction, because other threads can report numbers during it.
    """
    return [_reported.get(feed_id, 0) for feed_id in feed_ids]


def witness(feed_ids: Sequence[int], before: Sequence[int], given: list[Seqs]) -> None:
    """Compare assigned numbers with the reported ones, and record them once durable."""
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
