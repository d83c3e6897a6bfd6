"""The contents of the quarantine: counts, oldest event, and expiry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet

from streams.audit.services import record
from streams.events.models import Feed, QuarantinedEvent
from streams.events.retention.bounded_delete import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

EXPIRED = "quarantine.expired"  # the audit entry


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFilter:
    """A filter for events in quarantine; an empty field matches everything."""

    rule: str = ""
    name: str = ""

    def of(self, feed_ids: Sequence[int]) -> QuerySet[QuarantinedEvent]:
        """Return the matching events of the feeds, unordered."""
        events = QuarantinedEvent.objects.filter(feed__in=feed_ids)
        if self.rule:
            events = events.filter(rule=self.rule)
        return events.filter(name=self.name) if self.name else events


@dataclass(frozen=True, slots=True)
class QuarantineGroup:
    """The number of events in quarantine with the same rule and name."""

    rule: str
    name: str
    events: int


def kinds(
    feed_ids: Sequence[int], selection: QuarantineFilter
) -> list[QuarantineGroup]:
    """Count the matching events by rule and name, the most frequent first."""
    groups = selection.of(feed_ids).values_list("rule", "name")
    counted = groups.annotate(events=Count("pk")).order_by("-events", "rule", "name")
    return [QuarantineGroup(*row) for row in counted]


def counts(
    feed_ids: Sequence[int], selection: QuarantineFilter, last_id: int | None = None
) -> list[tuple[int, int, int]]:
    """Return (feed ID, number of matching events, last ID) for each feed that has some.

    With `last_id`, only of events up to that ID.
    """
    events = selection.of(feed_ids).values_list("feed").order_by("feed")
    if last_id is not None:
        events = events.filter(pk__lte=last_id)
    return list(events.annotate(events=Count("pk"), last=Max("pk")))


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
