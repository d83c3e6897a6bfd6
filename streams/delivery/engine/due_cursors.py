from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from streams.delivery.cursor_store import store
from streams.delivery.engine.fair_queue import DueCursor
from streams.delivery.limits.send_policy import sendable_cursors
from streams.delivery.models import Cursor, Lease

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

AT_ONCE = 1_000  # cursors read at once; the others wait in the table


def unowned_due(now: datetime | Now) -> QuerySet[Cursor]:
    """Return the cursors that may send, of streams that no process owns."""
    owned = Lease.objects.filter(stream=OuterRef("stream"), until__gt=Now())
    return sendable_cursors(now).filter(~Exists(owned))


def unowned_due_streams(now: datetime | Now) -> list[int]:
    """Return the streams of these cursors."""
    due = unowned_due(now)
    return list(due.values_list("stream_id", flat=True).order_by().distinct())


class DueCursors:
    """The cursors of a stream that have events to send.

    Called every few milliseconds, so it queries only IDs. The other columns are read once
    per cursor, and again after `forget`.
    """

    def __init__(self, stream_id: int) -> None:
        self._stream_id = stream_id
        self._known: dict[int, DueCursor] = {}

    def poll(
        self,
        now: datetime,
        *,
        skipped_regions: Collection[str],
        only: Collection[int] | None = None,
    ) -> list[DueCursor]:
        """Return the cursors that may send, the longest due first.

        Leaves out `skipped_regions` and, if given, cursors not in `only`: otherwise a
        thousand cursors that can't send would hide all others.
        """
        ids = store().due(self._stream_id, now, skipped_regions, only, AT_ONCE)
        self._learn(set(ids) - self._known.keys())
        # A cursor that was deleted in the meantime is not known.
        return [found for pk in ids if (found := self._known.get(pk))]

    def forget(self) -> None:
        """Read all columns again, because regions and weights change."""
        self._known.clear()

    def _learn(self, ids: set[int]) -> None:
        if not ids:
            return
        rows = Cursor.objects.filter(pk__in=ids).values_list(
            "pk", "connection__region", "feed__workspace__weight", "kind"
        )
        for pk, region, weight, kind in rows:
            self._known[pk] = DueCursor(pk, region, weight, kind == Cursor.Kind.REPLAY)
