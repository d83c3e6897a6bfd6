from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from streams.delivery.lease import unowned
from streams.delivery.models import Cursor
from streams.events.log import Addition, Seqs, append

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of each event of each addition, and whom to wake."""

    seqs: list[Seqs]  # None: a duplicate
    stream_ids: set[int]  # have work now, and nobody who does it


def accept(additions: Sequence[Addition], *, now: datetime) -> Accepted:
    """Write events down and mark the idle cursors of their feeds as due.

    When this returns the events are durable. The caller may then wake the streams;
    if it cannot, the sweep does within a second. Raises events.log.UnknownFeed.
    """
    with transaction.atomic():
        seqs = append(additions, now=now)
        grown = {
            addition.feed_id
            for addition, given in zip(additions, seqs, strict=True)
            if any(seq is not None for seq in given)
        }
        busy = _mark_due(grown, now)
    return Accepted(seqs, unowned(busy))


def _mark_due(feed_ids: set[int], now: datetime) -> set[int]:
    # The feeds are locked, and a drain locks the feed before its cursor goes idle
    # (outcome.py): either it saw our events, or we see it idle. No event is new to a
    # replay, which has an end.
    idle = Cursor.objects.filter(
        feed_id__in=feed_ids,
        kind=Cursor.Kind.LIVE,
        due_at=None,
        position__lt=F("feed__head_seq"),
    )
    woken = list(idle.values_list("pk", "stream_id", Now()))
    if woken:
        # The stream's owner goes by the database's clock; ours may be ahead of it.
        due_at = min(now, woken[0][2])
        ids = [pk for pk, *_ in woken]
        Cursor.objects.filter(pk__in=ids, due_at=None).update(due_at=due_at)
    return {stream_id for _, stream_id, _ in woken}
