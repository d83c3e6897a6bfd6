"""The contents of the quarantine: filter, counts, oldest event, and expiry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, OuterRef, QuerySet, Subquery

from streams.audit.services import record
from streams.events.models import Feed, QuarantinedEvent
from streams.events.people.waiting import stop_waiting
from streams.events.retention.bounded_delete import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from streams.events.search.event_filter import EventFilter

EXPIRED = "quarantine.expired"  # the audit entry


# Events that a page counts by rule and name; a larger quarantine is counted in part.
MOST_COUNTED = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFilter:
    """A filter for events in quarantine; an empty field matches everything.

    IDs are in the order in which a feed's events were received, so a range of IDs is a
    range of time.
    """

    rule: str = ""
    name: str = ""
    type: str = ""  # the call
    matching: EventFilter | None = None  # further conditions, which no index finds
    first_id: int | None = None
    last_id: int | None = None
    ids: Sequence[int] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether all events match, up to `last_id`."""
        return replace(self, last_id=None) == QuarantineFilter()

    @property
    def is_indexed(self) -> bool:
        """Whether an index finds the events, without reading others."""
        return self.matching is None

    @property
    def reads_content(self) -> bool:
        """Whether the database alone can't decide, so `accepts` must."""
        return self.matching is not None and self.matching.reads_content

    def accepts(self, event: QuarantinedEvent) -> bool:
        """Whether an event that `of` returned matches; may read its payload."""
        if self.matching is None or not self.matching.reads_content:
            return True
        try:
            return self.matching.accepts(event)
        except msgspec.DecodeError:  # can't be searched, but it can be opened
            return False

    def of(self, feed_ids: Sequence[int]) -> QuerySet[QuarantinedEvent]:
        """Return the matching events of the feeds, unordered.

        If the filter reads content, some of them may not match: see `accepts`.
        """
        exact = {
            "rule": self.rule,
            "name": self.name,
            "type": self.type,
        }
        events = QuarantinedEvent.objects.filter(
            feed__in=feed_ids,
            **{field: value for field, value in exact.items() if value},
        )
        if self.matching is not None:
            events = events.filter(*self.matching.conditions())
        if self.first_id is not None:
            events = events.filter(pk__gte=self.first_id)
        if self.last_id is not None:
            events = events.filter(pk__lte=self.last_id)
        return events if self.ids is None else events.filter(pk__in=self.ids)


@dataclass(frozen=True, slots=True)
class QuarantineGroup:
    """The number of events in quarantine with the same rule and name."""

    rule: str
    name: str
    events: int


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """The matching events of one feed, and the range of their IDs."""

    feed_id: int
    events: int
    first_id: int
    last_id: int


def kinds(feed_ids: Sequence[int]) -> list[QuarantineGroup]:
    """Count events by rule and name, the most frequent first.

    Reads at most MOST_COUNTED entries of an index; in a larger quarantine, the counts are
    too low, and the last names are missing.
    """
    if not feed_ids:
        return []
    rows = QuarantinedEvent.objects.filter(feed__in=feed_ids)
    in_order = rows.order_by("feed", "rule", "name").values_list("rule", "name")
    with connection.cursor() as cursor:
        text, values = in_order[:MOST_COUNTED].query.sql_with_params()
        cursor.execute(
            f"SELECT rule, name, count(*) FROM ({text}) AS held GROUP BY rule, name",  # noqa: S608 - Django's own SQL
            values,
        )
        groups = [QuarantineGroup(*row) for row in cursor.fetchall()]
    return sorted(groups, key=lambda group: (-group.events, group.rule, group.name))


def counts(
    feed_ids: Sequence[int], selection: QuarantineFilter
) -> list[QuarantineCount]:
    """Count the matching events of each feed that has some."""
    if selection.is_everything:
        return _counts_of_everything(feed_ids, selection.last_id)
    events = selection.of(feed_ids).values_list("feed").order_by("feed")
    counted = events.annotate(events=Count("pk"), first=Min("pk"), last=Max("pk"))
    return [QuarantineCount(*row) for row in counted]


def _counts_of_everything(
    feed_ids: Sequence[int], last_id: int | None
) -> list[QuarantineCount]:
    """Count up to `last_id` without reading these events: feeds know how many they have."""
    rows = QuarantinedEvent.objects.filter(feed=OuterRef("pk"))
    counted = rows if last_id is None else rows.filter(pk__lte=last_id)
    later = rows.none() if last_id is None else rows.filter(pk__gt=last_id)
    # One statement, for a consistent view.
    feeds = Feed.objects.filter(pk__in=feed_ids, quarantined__gt=0).annotate(
        first=Subquery(counted.order_by("pk").values("pk")[:1]),
        last=Subquery(counted.order_by("-pk").values("pk")[:1]),
        later=Subquery(
            later.order_by().values("feed").annotate(n=Count("pk")).values("n")
        ),
    )
    return [
        QuarantineCount(pk, quarantined - (later or 0), first, last)
        for pk, quarantined, first, last, later in feeds.order_by("pk").values_list(
            "pk", "quarantined", "first", "last", "later"
        )
        if last is not None
    ]


def oldest(feed_ids: Sequence[int]) -> datetime | None:
    """Return when the oldest event in quarantine was received."""
    # The first event of a feed by ID is the first entry of an index.
    firsts = (
        QuarantinedEvent.objects.filter(feed=pk)
        .order_by("pk")
        .values_list("received_at", flat=True)
        .first()
        for pk in feed_ids
    )
    return min((at for at in firsts if at is not None), default=None)


def last_id(feed_id: int) -> int:
    """Return the ID of the newest event in quarantine; 0: there is none."""
    rows = QuarantinedEvent.objects.filter(feed=feed_id).order_by("-pk")
    return rows.values_list("pk", flat=True).first() or 0


def feeds_with_some(stream_id: int) -> list[int]:
    """Return the IDs of the stream's feeds that have events in quarantine."""
    feeds = Feed.objects.filter(stream=stream_id, quarantined__gt=0).order_by("pk")
    return list(feeds.values_list("pk", flat=True))


def expire(feed_id: int, cutoff: datetime) -> int:
    """Delete the feed's events in quarantine from before the cutoff; return how many."""
    expired = 0
    while some := _expire_some(feed_id, cutoff):
        expired += some
    return expired


@transaction.atomic
def _expire_some(feed_id: int, cutoff: datetime) -> int:
    locked = Feed.objects.select_for_update(no_key=True, of=("self",))
    feed = locked.select_related("stream", "workspace__partner").get(pk=feed_id)
    # In order of ID, which is the order of time unless a clock was set back.
    rows = QuarantinedEvent.objects.filter(feed=feed).order_by("pk")
    old = [
        pk for pk, at in rows.values_list("pk", "received_at")[:CHUNK] if at < cutoff
    ]
    if not old:
        return 0
    count = len(old)
    QuarantinedEvent.objects.filter(pk__in=old).delete()
    stop_waiting(old)
    Feed.objects.filter(pk=feed_id).update(
        quarantined=F("quarantined") - count,
        quarantine_expired=F("quarantine_expired") + count,
    )
    record(
        EXPIRED,
        actor=None,
        workspace=feed.workspace,
        stream=feed.stream.slug,
        feed=feed_id,
        events=count,
    )
    return count
