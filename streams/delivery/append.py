from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from streams.delivery.cursor_store import store
from streams.delivery.wake import wake_after_commit
from streams.events.data_loss.reported_numbers import reported, witness
from streams.events.log import FeedAddition, Seqs, append, append_released
from streams.tracked_users import store as tracked_users
from streams.tracked_users.kinds import SeenIds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class AppendResult:
    """The numbers of the appended events, and the streams to wake.

    `accept` wakes no worker: ingest's writer passes the streams to its notifier, because a
    callback after the commit would run in the writer, and every request would wait for
    Redis. Services call wake.wake_after_commit.
    """

    seqs: list[Seqs]  # events.log.append
    stream_ids: set[int]  # have events to send now, and had none before


def accept(additions: Sequence[FeedAddition], *, now: datetime) -> AppendResult:
    """Append events and mark the idle cursors of their feeds as due.

    The events are durable when this returns, unless the caller has a transaction. If no
    one wakes the streams, the sweep does within a second. Raises events.log.UnknownFeed.
    """
    feed_ids = [addition.feed_id for addition in additions]
    # Otherwise the caller has not committed yet.
    outermost = not connection.in_atomic_block
    before = reported(feed_ids)
    with transaction.atomic():
        seqs = append(additions, now=now)
        grown_feeds = {
            addition.feed_id
            for addition, given in zip(additions, seqs, strict=True)
            if any(given)  # neither None nor IN_QUARANTINE
        }
        stream_ids = store().mark_due(grown_feeds, now) if grown_feeds else set()
    if outermost:
        witness(feed_ids, before, seqs)
    return AppendResult(seqs, stream_ids)


def accept_released(addition: FeedAddition, *, now: datetime) -> None:
    """Append events that leave quarantine, count their people, and wake their stream.

    Runs in the caller's transaction.
    """
    append_released(addition, now=now)
    seen = SeenIds()
    seen.add_payloads(addition.feed_id, [event.payload for event in addition.events])
    tracked_users.add(seen, at=now)
    if stream_ids := store().mark_due({addition.feed_id}, now):
        wake_after_commit(stream_ids)
