"""Events that Segment rejected at first, and that a replay delivered."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import F

from streams.delivery.models import Cursor, Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def recover(replay: Cursor, seqs: Sequence[int], *, now: datetime) -> None:
    """Mark the rejected events among those that a replay delivered as recovered.

    `seqs` are the numbers of one request, in order. The caller's transaction has locked the
    live cursors of the feed, whose counts change.
    """
    live = Cursor.objects.filter(feed=replay.feed_id, kind=Cursor.Kind.LIVE)
    rejected = Rejection.objects.filter(
        cursor__in=list(live.values_list("pk", flat=True)),
        seq__range=(seqs[0], seqs[-1]),
        recovered_by=None,
    )
    sent, by_cursor = set(seqs), defaultdict[int, list[int]](list)
    for pk, cursor_id, seq in rejected.values_list("pk", "cursor", "seq"):
        if seq in sent:
            by_cursor[cursor_id].append(pk)
    for cursor_id, pks in by_cursor.items():
        found = Rejection.objects.filter(pk__in=pks)
        count = found.update(recovered_at=now, recovered_by=replay)
        Cursor.objects.filter(pk=cursor_id).update(recovered=F("recovered") + count)
