from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from streams.delivery.store import store
from streams.events.history.witness import reported, witness
from streams.events.log import Addition, Seqs, append, append_released

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of each event of each addition, and whom to wake."""

    seqs: list[Seqs]  # events.log.append
    stream_ids: set[int]  # have work now that they had not before


def accept(additions: Sequence[Addition], *, now: datetime) -> Accepted:
    """Write events down and mark the idle cursors of their feeds as due.

    When this returns the events are durable. The caller may then wake the streams;
    if it cannot, the sweep does within a second. Raises events.log.UnknownFeed.
    """
    feed_ids = [addition.feed_id for addition in additions]
    durable = (
        not connection.in_atomic_block
    )  # else the caller's commit is still to come
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
    return Accepted(seqs, busy)


def accept_released(addition: Addition, *, now: datetime) -> set[int]:
    """Number events that leave quarantine and mark their feed's idle cursors as due; the
    streams to be woken. Within the caller's transaction."""
    append_released(addition, now=now)
    return store().mark_due({addition.feed_id}, now)
