"""The hourly retention job: create partitions, and delete data past its retention."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, F, OuterRef

from streams.catalog.models import Stream
from streams.catalog.retention_period import MAX_DAYS, RetentionPeriod
from streams.delivery.models import Cursor, Rejection
from streams.delivery.retention.expiry import expire
from streams.events import quarantine
from streams.events.retention.bounded_delete import CHUNK, delete_before
from streams.events.retention.past_retention import (
    feeds_with_older,
    forget_events,
    has_older,
)
from streams.events.store.partitions import (
    drop_partitions,
    forget_before,
    make_partitions,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

log = structlog.get_logger()

FEEDS = 200  # locked together for a few milliseconds

# An attempt starts after its events arrive, but the clocks of two machines differ.
CLOCK_MARGIN = timedelta(days=1)


@dataclass(slots=True)
class PruneResult:
    """The result of one run."""

    past: int = 0  # events that passed their retention
    unsent: int = 0  # of these, events that were unsent
    quarantined: int = 0  # events in quarantine that passed their retention
    partitions: list[str] = field(default_factory=list)  # dropped
    rows: Counter[str] = field(default_factory=Counter)  # deleted rows, by table
    failed_feeds: int = 0

    def __str__(self) -> str:
        rows = ", ".join(
            f"{n:,} of {table}" for table, n in sorted(self.rows.items()) if n
        )
        return (
            f"{self.past:,} events passed their retention, {self.unsent:,} of them unsent,"
            f" and {self.quarantined:,} in quarantine."
            f" Dropped: {', '.join(self.partitions) or 'no partition'}."
            f" Deleted: {rows or 'no row'}."
        )


def prune(*, now: datetime) -> PruneResult:
    """Create the partitions of the coming days, and delete data past its retention.

    Safe to repeat, and to run twice at once. An error in one feed is logged, and a later
    run retries it.
    """
    done = PruneResult()
    make_partitions(now.date())
    _forget(
        done, "streams_seenmessage", now - timedelta(hours=settings.DEDUP_WINDOW_HOURS)
    )
    streams = list(Stream.objects.order_by("pk"))
    cutoffs = [stream.retention.cutoff(now) for stream in streams]
    oldest = min(cutoffs, default=RetentionPeriod(MAX_DAYS).cutoff(now))
    for stream, cutoff in zip(streams, cutoffs, strict=True):
        # Days that no stream retains are deleted with their partition.
        rows = cutoff > oldest or connection.vendor != "postgresql"
        for some in batched(feeds_with_older(stream, cutoff), FEEDS):
            _prune_feeds(done, some, cutoff, rows=rows)
        for feed_id in quarantine.feeds_with_some(stream.pk):
            done.quarantined += quarantine.expire(feed_id, cutoff)
    _forget_shared(done, oldest)
    log.info("retention.pruned", **_fields(done))
    return done


def _prune_feeds(
    done: PruneResult, feed_ids: Sequence[int], cutoff: datetime, *, rows: bool
) -> None:
    try:
        past, unsent = expire(feed_ids, cutoff=cutoff)
        done.past += past
        done.unsent += unsent
        done.rows["streams_rejection"] += _forget_rejections(feed_ids)
        done.rows["streams_event"] += forget_events(feed_ids, cutoff, rows=rows)
    except DatabaseError:
        if len(feed_ids) > 1:  # find the feed with the error; the others continue
            for feed_id in feed_ids:
                _prune_feeds(done, [feed_id], cutoff, rows=rows)
            return
        log.exception("retention.feed_failed", feed=feed_ids[0])
        done.failed_feeds += 1


def _forget_shared(done: PruneResult, oldest: datetime) -> None:
    """Delete shared data that is older than the longest retention."""
    done.partitions += drop_partitions("streams_event", oldest, has_older)
    if connection.vendor == "postgresql" and not has_older(oldest):
        done.rows["streams_event"] += forget_before("streams_event", oldest)
    # Attempts are not older than their events, and contain nothing of their content.
    _forget(done, "streams_delivery", oldest - CLOCK_MARGIN)
    done.rows["streams_cursormark"] += delete_before("streams_cursormark", "at", oldest)


def _forget(done: PruneResult, table: str, before: datetime) -> None:
    done.partitions += drop_partitions(table, before)
    done.rows[table] += forget_before(table, before)


def _forget_rejections(feed_ids: Sequence[int]) -> int:
    """Delete the rejections of expired events; the cursors keep the count."""
    old = Rejection.objects.filter(
        cursor=OuterRef("pk"), seq__lte=OuterRef("feed__expired_seq")
    )
    cursors = Cursor.objects.filter(Exists(old), feed__in=feed_ids)
    gone = 0
    for pk, last in cursors.order_by("pk").values_list("pk", "feed__expired_seq"):
        while count := _forget_some_rejections(pk, last):
            gone += count
    return gone


@transaction.atomic
def _forget_some_rejections(cursor_id: int, last: int) -> int:
    cursor = Cursor.objects.select_for_update(no_key=True).filter(pk=cursor_id)
    list(cursor.values_list("pk"))
    old = Rejection.objects.filter(cursor=cursor_id, seq__lte=last)
    pks = list(old.order_by("seq").values_list("pk", flat=True)[:CHUNK])
    if not pks:
        return 0
    rows = Rejection.objects.filter(pk__in=pks)
    recovered = rows.exclude(recovered_by=None).count()
    count, _ = rows.delete()
    cursor.update(
        rejected_forgotten=F("rejected_forgotten") + count,
        recovered_forgotten=F("recovered_forgotten") + recovered,
    )
    return count


def _fields(done: PruneResult) -> dict[str, object]:
    return {
        "past": done.past,
        "unsent": done.unsent,
        "quarantined": done.quarantined,
        "partitions": done.partitions,
        "rows": {table: n for table, n in done.rows.items() if n},
        "failed_feeds": done.failed_feeds,
    }
