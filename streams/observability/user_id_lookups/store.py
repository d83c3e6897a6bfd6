"""Stores counts of lookups, so that the counts of many processes add up, and sums them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection, transaction
from django.db.models import Sum

from streams.base.database.session import DATABASE_DOWN
from streams.events.models import Feed
from streams.events.retention.bounded_delete import delete_before
from streams.identity.identifiers import IdentifierKind
from streams.observability.user_id_lookups.models import LookupDay

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.observability.user_id_lookups.counter import LookupCounter, LookupKey

log = structlog.get_logger()

KEPT_DAYS = 90
SHOWN_DAYS = 30
AT_ONCE = 500  # rows in one statement


@dataclass(frozen=True, slots=True)
class Lookups:
    """How many events had their userIds looked up, and with which results."""

    found_by: Mapping[IdentifierKind, int]  # those with any, the highest first
    unresolved: int

    @property
    def resolved(self) -> int:
        return sum(self.found_by.values())

    @property
    def by_identifier(self) -> str:
        """Which identifiers led to the userIds, with their counts."""
        return ", ".join(f"{kind.label} {n:,}" for kind, n in self.found_by.items())

    def __bool__(self) -> bool:
        return bool(self.found_by or self.unresolved)


def flush(counter: LookupCounter) -> None:
    """Store the counts. Those that can't be stored now are kept."""
    counts = counter.take()
    if not counts:
        return
    try:
        _write(counts)
    except DATABASE_DOWN as error:
        log.warning("lookups.not_written", error=type(error).__name__)
        connection.close()
        counter.add(counts)


def lookups_of(
    feed_ids: Collection[int] | QuerySet[Feed, Any], now: datetime
) -> Lookups:
    """Return the counts of these feeds, or of a query of their IDs, in the last SHOWN_DAYS."""
    since = now - timedelta(days=SHOWN_DAYS)
    rows = LookupDay.objects.filter(feed__in=feed_ids, day__gte=since.date())
    sums = dict(rows.values_list("result").annotate(total=Sum("count")))
    unresolved = sums.pop(LookupDay.UNRESOLVED, 0)
    highest = sorted(sums.items(), key=lambda one: -one[1])
    return Lookups({IdentifierKind(one): n for one, n in highest}, unresolved)


def forget(now: datetime) -> int:
    """Delete counts that are older than KEPT_DAYS; return how many."""
    oldest = (now - timedelta(days=KEPT_DAYS)).date()
    return delete_before(LookupDay._meta.db_table, "day", oldest)


def _write(counts: Mapping[LookupKey, int]) -> None:
    # All processes write in the same order, so that none waits for another in a circle.
    ordered = sorted(counts.items())
    with transaction.atomic():
        # Skip feeds that were deleted with their empty workspace.
        wanted = {key.feed_id for key, _count in ordered}
        feeds = Feed.objects.filter(pk__in=wanted).values_list("pk", flat=True)
        there = set(feeds)
        kept = [one for one in ordered if one[0].feed_id in there]
        for rows in batched(kept, AT_ONCE):
            _add(rows)


def _add(rows: Sequence[tuple[LookupKey, int]]) -> None:
    table = LookupDay._meta.db_table
    values = [part for key, count in rows for part in (*key, count)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (day, feed_id, result, count)"  # noqa: S608 - only our own names
            f" VALUES {', '.join(['(%s, %s, %s, %s)'] * len(rows))}"
            f" ON CONFLICT (day, feed_id, result)"
            f" DO UPDATE SET count = {table}.count + excluded.count",
            values,
        )
