"""Compares the counts of a feed with the activity log, for what has no rows any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from streams.audit.models import AuditEntry
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import EXPIRED
from streams.delivery.skips import SENT_ANYWAY, SKIPPED
from streams.events.models import Feed, QuarantinedEvent, QuarantineJob
from streams.events.quarantine import EXPIRED as QUARANTINE_EXPIRED


def quarantine(feed: Feed) -> Iterator[str]:
    """Check that received events without a number are in quarantine or accounted for.

    One statement reads the columns and the rows, for a consistent view.
    """
    rows = QuarantinedEvent.objects.filter(feed=OuterRef("pk")).order_by()
    jobs = QuarantineJob.objects.filter(feed=OuterRef("pk")).order_by()
    counted = Feed.objects.filter(pk=feed.pk).annotate(
        rows=count_of(rows.values("feed").annotate(n=Count("pk"))),
        by_jobs=count_of(jobs.values("feed").annotate(n=Sum("discarded"))),
    )
    [(quarantined, rows_there, discarded, by_jobs)] = counted.values_list(
        "quarantined", "rows", "discarded", "by_jobs"
    )
    if quarantined != rows_there:
        yield f"{quarantined} events are in quarantine, but there are {rows_there} rows"
    if discarded != by_jobs:
        yield f"{discarded} events were discarded, but the jobs say {by_jobs}"
    total = sum(detail["events"] for detail in _entries(feed, QUARANTINE_EXPIRED))
    if total != feed.quarantine_expired:
        yield (
            f"{feed.quarantine_expired} events have expired in quarantine, but the activity"
            f" log says {total}"
        )


def expired_entries(feed: Feed) -> list[dict[str, Any]]:
    """Return the activity log's entries about expired events."""
    return _entries(feed, EXPIRED)


def expired(
    cursor: Cursor, logged: list[dict[str, Any]], expired_seq: int
) -> Iterator[str]:
    """Check that the activity log has every expired event, each of them once."""
    if cursor.kind == Cursor.Kind.REPLAY:  # sent before, so it is not in the log
        past = max(0, min(cursor.position, expired_seq) - cursor.start)
        if cursor.expired > past:
            yield f"{cursor.expired} events are counted as expired, but only {past} have"
    elif (total := events_of(logged, cursor.pk)) != cursor.expired:
        yield f"{cursor.expired} events have expired, but the activity log says {total}"


def skipped(cursor: Cursor, feed: Feed) -> Iterator[str]:
    """Check that the activity log has every event that a live cursor skipped."""
    if cursor.kind == Cursor.Kind.REPLAY or not cursor.filtered:
        return
    skipped = events_of(_entries(feed, SKIPPED), cursor.pk)
    total = skipped - events_of(_entries(feed, SENT_ANYWAY), cursor.pk)
    if total != cursor.filtered:
        yield f"{cursor.filtered} events were skipped, but the activity log says {total}"


def events_of(logged: list[dict[str, Any]], cursor_id: int | None) -> int:
    """Add up the events of the entries about one cursor; None: about none."""
    return sum(detail["events"] for detail in logged if detail["cursor"] == cursor_id)


def _entries(feed: Feed, action: str) -> list[dict[str, Any]]:
    entries = AuditEntry.objects.filter(workspace=feed.workspace_id, action=action)
    details = entries.values_list("detail", flat=True)
    return [detail for detail in details if detail["feed"] == feed.pk]


def count_of(grouped: QuerySet[Any, Any]) -> Coalesce:
    """Return the count `n` of a grouped query of the outer row; 0 without rows."""
    return Coalesce(Subquery(grouped.values("n")), 0)
