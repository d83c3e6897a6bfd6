"""Which queued events were skipped, by whom and when: the activity log is the only record.

Events are skipped in connection/skipping.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streams.audit.models import AuditEntry
from streams.events.models import Feed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.delivery.models import Cursor
    from streams.tenancy.models import User

# Actions of audit entries. The events of the second were in a request when they were
# skipped, and Segment accepted it.
SKIPPED = "events.skipped"
SENT_ANYWAY = "events.sent_despite_skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """The events after `start` up to `end`, without those that were delivered anyway."""

    start: int
    end: int
    at: datetime
    actor: User | None

    def __contains__(self, seq: int) -> bool:
        return self.start < seq <= self.end

    def size_after(self, seq: int) -> int:
        """How many of the events have a higher number."""
        return max(0, self.end - max(self.start, seq))


def skips_of(cursors: Iterable[Cursor]) -> dict[int, list[Skip]]:
    """Return what live cursors skipped, by cursor ID. Takes queries only if there is any."""
    skipping = [one for one in cursors if one.filtered and one.end_seq is None]
    if not skipping:
        return {}
    feeds = Feed.objects.filter(pk__in={cursor.feed_id for cursor in skipping})
    entries = AuditEntry.objects.filter(
        workspace__in=list(feeds.values_list("workspace", flat=True)),
        action__in=(SKIPPED, SENT_ANYWAY),
    )
    found: dict[int, list[Skip]] = {cursor.pk: [] for cursor in skipping}
    for entry in entries.select_related("actor").order_by("pk"):
        start, end = entry.detail["first_seq"] - 1, entry.detail["last_seq"]
        if (of_cursor := found.get(entry.detail["cursor"])) is None:
            continue
        if entry.action == SENT_ANYWAY:
            of_cursor[:] = [_without(skip, start, end) for skip in of_cursor]
        else:
            skip = Skip(start=start, end=end, at=entry.at, actor=entry.actor)
            of_cursor.append(skip)
    return found


def _without(skip: Skip, start: int, end: int) -> Skip:
    """Remove the events of a request, which began where the first skip did."""
    if start <= skip.start < end:
        return replace(skip, start=min(end, skip.end))
    return skip
