from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from streams.delivery.cursor_store import store
from streams.events.data_loss.witness import reported, witness
from streams.events.log import FeedAddition, Seqs, append, append_released

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class AppendResult:
    """The numbers of the appended events, and the streams to wake."""

    seqs: list[Seqs]  # events.log.append
    stream_ids: set[int]  # have events to send now, and had none before


def accept(additions: Sequence[FeedAddition], *, now: datetime) -> AppendResult:
    """Append events and mark the idle cursors of their feeds as due.

    The events are durable when this returns. The caller can then wake the streams; if it
    can't, the sweep does within a second. Raises events.log.UnknownFeed.
    """
    feed_ids = [addition.feed_id for addition in additions]
    durable = (
        not connection.in_atomic_block
    )  # otherwise the caller has not committed yet
    before = reported(feed_ids)
    with transaction.atomic():
        seqs = append(additions, now=now)
        grown = {
            addition.feed_id
            for addition, given in zip(additions, seqs, strict=True)
            if any(given)  # neither None nor IN_QUARANTINE
        }
        busy = store().mark_due(grown, now) if grown else set()
    if durable:
        witness(feed_ids, before, seqs)
    return AppendResult(seqs, busy)


def accept_released(addition: FeedAddition, *, now: datetime) -> set[int]:
    """Append events that leave quarantine, and mark their feed's idle cursors as due.

    Runs in the caller's transaction. Returns the streams to wake.
    """
    append_released(addition, now=now)
    return store().mark_due({addition.feed_id}, now)
