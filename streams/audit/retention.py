"""Delete activity log entries after their retention.

The database refuses to delete an entry that is younger than MIN_DAYS, whatever the setting says.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from streams.audit.models import AuditEntry

if TYPE_CHECKING:
    from datetime import datetime

MIN_DAYS = 365  # as in the triggers of the database
# They account for events that are gone, and for the stages of a stream.
KEPT = ("events.", "quarantine.", "history.", "stream.")
AT_ONCE = 1_000  # entries in one transaction


def forget(at: datetime) -> int:
    """Delete entries older than ACTIVITY_RETENTION_DAYS; return how many."""
    before = at - timedelta(days=settings.ACTIVITY_RETENTION_DAYS)
    kept = Q()
    for prefix in KEPT:
        kept |= Q(action__startswith=prefix)
    old = AuditEntry.objects.filter(~kept, pk__lt=_first_since(before), at__lt=before)
    deleted = 0
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        AuditEntry.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted


def _first_since(moment: datetime) -> int:
    """Return an ID from which on entries are not older than `moment`.

    A binary search, because IDs and times grow together and no index serves the time alone.
    """
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    low, high = 0, (newest or 0) + 1
    rows = AuditEntry.objects.order_by("pk").values_list("pk", "at")
    while low < high:
        middle = (low + high) // 2
        found = rows.filter(pk__gte=middle, pk__lt=high).first()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return high
