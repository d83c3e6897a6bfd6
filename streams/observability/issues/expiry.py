from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from streams.events.retention.bounded_delete import delete_before
from streams.observability.issues.counter import hour_of
from streams.observability.issues.models import IssueHour, IssueKind

if TYPE_CHECKING:
    from datetime import datetime

WEEK = timedelta(days=7)
CHUNK = 1_000  # kinds in one transaction


def forget(now: datetime) -> int:
    """Delete counts older than a week, and kinds not seen since. Returns the number of rows.

    It can be repeated, and run twice at the same time.
    """
    cutoff = hour_of(now) - WEEK
    deleted = delete_before(IssueHour._meta.db_table, "at", cutoff)
    while some := _forget_kinds(cutoff):
        deleted += some
    return deleted


@transaction.atomic
def _forget_kinds(cutoff: datetime) -> int:
    # Locked like in `writing`, and filtered again: a kind may have been seen since.
    old = IssueKind.objects.filter(last_seen_at__lt=cutoff).order_by("pk")
    kinds = list(old.select_for_update().values_list("pk", flat=True)[:CHUNK])
    if kinds:
        IssueHour.objects.filter(kind__in=kinds).delete()
        IssueKind.objects.filter(pk__in=kinds).delete()
    return len(kinds)
