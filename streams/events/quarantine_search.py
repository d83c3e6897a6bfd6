"""Pages of one feed's events in quarantine, in time independent of its size.

Only the order and the rule and name have an index. A search for anything else walks back by
ID, over up to SCAN events per page, and reports how far it got.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import FETCH_RAISE

from streams.events.models import QuarantinedEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from streams.events.quarantine import QuarantineFilter

SCAN = 10_000  # events searched per page
CHECKED = 1_000  # of these, events whose payload a page reads


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinePage:
    """Events, newest first. Their payload is only loaded if the filter reads it.

    With fewer events than requested and a `next_before`, the search reached its bound and
    continues from there.
    """

    events: Sequence[QuarantinedEvent]
    next_before: int | None  # `before` of the next page; None: this is the last page


def page(
    feed_id: int,
    wanted: QuarantineFilter,
    *,
    before: int | None = None,
    limit: int = 50,
) -> QuarantinePage:
    """Return the matching events with an ID below `before`; None: the newest."""
    rows = QuarantinedEvent.objects.filter(feed=feed_id).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if wanted.last_id is not None:
        rows = rows.filter(pk__lte=wanted.last_id)
    # The first ID that this page does not search.
    below = next(iter(rows.values_list("pk", flat=True)[SCAN : SCAN + 1]), None)
    matching = wanted.of([feed_id]).order_by("-pk")
    if before is not None:
        matching = matching.filter(pk__lt=before)
    if below is not None:
        matching = matching.filter(pk__gt=below)
    if wanted.reads_content:
        read = list(matching[:CHECKED])
        below = read[-1].pk - 1 if len(read) == CHECKED else below
        events = [event for event in read if wanted.accepts(event)]
    else:
        events = list(matching.defer("payload").fetch_mode(FETCH_RAISE)[: limit + 1])
    if len(events) > limit:
        return QuarantinePage(events=events[:limit], next_before=events[limit - 1].pk)
    if below is None or (wanted.first_id is not None and below < wanted.first_id):
        return QuarantinePage(events=events, next_before=None)
    return QuarantinePage(events=events, next_before=below + 1)


def last_id_of(feed_id: int, most: int) -> int | None:
    """Return the ID of the last of the oldest `most` events; None: there are fewer."""
    rows = QuarantinedEvent.objects.filter(feed=feed_id).order_by("pk")
    return next(iter(rows.values_list("pk", flat=True)[most - 1 : most]), None)


def first_id_since(feed_id: int, moment: datetime) -> int | None:
    """Return the ID of the first event received at `moment` or later; None: there is none.

    A binary search over the IDs: about as many rows are read as an ID has bits.
    """
    rows = QuarantinedEvent.objects.filter(feed=feed_id).order_by("pk")
    in_order = rows.values_list("pk", "received_at")
    newest = in_order.last()
    if newest is None or newest[1] < moment:
        return None

    def follows(pk: int) -> bool:
        return in_order.filter(pk__gt=pk)[0][1] >= moment

    before = bisect_left(range(newest[0]), True, key=follows)  # noqa: FBT003 - the key's value
    return in_order.filter(pk__gt=before)[0][0]
