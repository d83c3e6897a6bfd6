from __future__ import annotations

from typing import TYPE_CHECKING

from streams.delivery.models import Cursor
from streams.delivery.store import store
from streams.delivery.turns import Due

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

AT_ONCE = 1_000  # cursors looked at together; more wait for their turn in the table


class DueCursors:
    """Who of a stream has something to send.

    Asked every few milliseconds, so it asks for ids alone; what else a turn depends on
    is looked up once for each cursor, and again after `forget`.
    """

    def __init__(self, stream_id: int) -> None:
        self._stream_id = stream_id
        self._known: dict[int, Due] = {}

    def look(
        self,
        now: datetime,
        *,
        shut: Collection[str],
        among: Collection[int] | None = None,
    ) -> list[Due]:
        """Those that may be sent to, the longest due first; none in a region that is
        shut, and none but `among`, since a thousand that cannot be sent to would hide all
        others."""
        ids = store().due(self._stream_id, now, shut, among, AT_ONCE)
        self._learn(set(ids) - self._known.keys())
        # One that was deleted in the meantime is not among those known.
        return [found for pk in ids if (found := self._known.get(pk))]

    def forget(self) -> None:
        """Look everything up anew: regions and weights change."""
        self._known.clear()

    def _learn(self, ids: set[int]) -> None:
        if not ids:
            return
        rows = Cursor.objects.filter(pk__in=ids).values_list(
            "pk", "connection__region", "feed__workspace__weight", "kind"
        )
        for pk, region, weight, kind in rows:
            self._known[pk] = Due(pk, region, weight, kind == Cursor.Kind.REPLAY)
