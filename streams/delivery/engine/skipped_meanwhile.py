"""Count events as delivered that were skipped while their request was running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.connections.action_log import record_action
from streams.delivery.models import Cursor
from streams.delivery.skips import SENT_ANYWAY

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.segment.batch import Batch


def deliver_skipped(cursor: Cursor, batch: Batch, *, now: datetime) -> Cursor | None:
    """Count an accepted batch whose events were skipped since `cursor` was read.

    Returns the cursor before that. None: something else moved it, such as another process
    or the end of a retention period.
    """
    if cursor.end_seq is not None:
        return None
    current = Cursor.objects.select_for_update(no_key=True).get(pk=cursor.pk)
    skipped = current.filtered - cursor.filtered
    # Only a skip lets a live cursor pass events as filtered.
    if skipped <= 0 or current.position - cursor.position != skipped:
        return None
    sent = min(batch.last_seq, current.position) - cursor.position
    erased = batch.last_seq - cursor.position - len(batch)
    fields: dict[str, object] = {
        "filtered": current.filtered - sent,
        "erased": current.erased + erased,
        "last_delivered_at": now,
        "rejections_in_row": 0,
        "failures": 0,
        "failing_since": None,
    }
    if batch.last_seq > current.position:
        fields |= {"position": batch.last_seq, "position_at": batch.last_at}
    if current.suspect_seq is not None and current.suspect_seq <= batch.last_seq:
        fields["suspect_seq"] = None
    Cursor.objects.filter(pk=cursor.pk).update(**fields)
    record_action(
        SENT_ANYWAY,
        cursor.connection,
        None,
        feed=cursor.feed_id,
        cursor=cursor.pk,
        events=sent,
        first_seq=cursor.position + 1,
        last_seq=cursor.position + sent,
    )
    return current
