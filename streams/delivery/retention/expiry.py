"""Events past their retention: move the cursors beyond them.

Unsent events are counted as expired, and customers are warned days ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from streams.audit.models import AuditEntry
from streams.audit.services import record
from streams.catalog.models import Stream
from streams.catalog.retention_period import NOTICE
from streams.delivery.models import Cursor
from streams.delivery.position_marks import mark_position
from streams.events.models import Feed, FeedMark
from streams.events.retention.past_retention import newest_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

log = structlog.get_logger()

LIVE = Cursor.Kind.LIVE
EXPIRED = "events.expired"  # the audit entry
EXPIRED_FIELDS = ("first_seq", "last_seq", "events", "cursor")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringEvents:
    """Queued events of a feed that will expire within NOTICE."""

    feed_id: int
    events: int
    since: datetime  # when the first one was received, to the quarter of an hour
    first_at: datetime  # when it expires; in the past: at any moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredRange:
    """Events of a feed that expired unsent at the same time."""

    at: datetime
    first_seq: int
    last_seq: int
    events: int
    cursor: int | None = None  # ID of the live one; None: there was no connection


@transaction.atomic
def expire(feed_ids: Sequence[int], *, cutoff: datetime) -> tuple[int, int]:
    """Expire events that feeds received before a midnight, and move the cursors past them.

    Returns how many events expired, and how many of them were unsent. Expired events are
    no longer read, even if their rows still exist.
    """
    locked = Feed.objects.select_for_update(no_key=True, of=("self",))
    named = locked.select_related("stream", "workspace__partner")
    feeds = list(named.filter(pk__in=feed_ids).order_by("pk"))
    last = newest_before(feeds, cutoff)
    moved = [feed for feed in feeds if last[feed.pk] > feed.expired_seq]
    past = sum(last[feed.pk] - feed.expired_seq for feed in moved)
    cursors = _newest_cursors(moved)
    unsent = sum(_pass(feed, cursors.get(feed.pk), last[feed.pk]) for feed in moved)
    for feed in moved:
        feed.expired_seq = last[feed.pk]
    Feed.objects.bulk_update(moved, ["expired_seq", "expired"])
    return past, unsent


def expiring(
    feeds: QuerySet[Feed], streams: Sequence[Stream], soon: datetime
) -> Iterator[ExpiringEvents]:
    """Yield the feeds whose queued events expire soon, with one query.

    `soon` is the cutoff of all of the streams after NOTICE.
    """
    marks = FeedMark.objects.filter(feed_id=OuterRef("pk"))
    later = marks.filter(at__gte=soon).order_by("at").values("seq")
    first = marks.filter(seq__lte=OuterRef("settled")).order_by("-at").values("at")
    retention = {stream.pk: stream.retention for stream in streams}
    found = (
        feeds.filter(Exists(marks.filter(at__lt=soon)), stream__in=retention)
        .annotate(
            settled=Coalesce(
                Subquery(_live().values("position")[:1]), F("expired_seq")
            ),
            soon_seq=Coalesce(Subquery(later[:1]), F("head_seq")),
        )
        .filter(settled__lt=F("soon_seq"))
        .annotate(since=Subquery(first[:1]))
    )
    for pk, stream_id, settled, soon_seq, since in found.values_list(
        "pk", "stream", "settled", "soon_seq", "since"
    ):
        yield ExpiringEvents(
            feed_id=pk,
            events=soon_seq - settled,
            since=since,
            first_at=retention[stream_id].kept_until(since),
        )


def expiring_of(feed: Feed, now: datetime) -> ExpiringEvents | None:
    """Return the queued events of one feed that expire soon."""
    only, stream = Feed.objects.filter(pk=feed.pk), feed.stream
    return next(expiring(only, [stream], stream.retention.cutoff(now + NOTICE)), None)


def expiring_of_all(now: datetime) -> Iterator[ExpiringEvents]:
    """Yield the queued events of all feeds that expire soon; only examines a few feeds.

    Streams with the same cutoff share their queries.
    """
    by_cutoff: dict[datetime, list[Stream]] = {}
    for stream in Stream.objects.order_by("pk"):
        soon = stream.retention.cutoff(now + NOTICE)
        by_cutoff.setdefault(soon, []).append(stream)
    for soon, streams in by_cutoff.items():
        for some in batched(_waiting_since_before(soon, streams), 1_000):
            yield from expiring(Feed.objects.filter(pk__in=some), streams, soon)


def _waiting_since_before(soon: datetime, streams: Sequence[Stream]) -> list[int]:
    """Return the feeds of the streams that may have queued events from before a time.

    By ID: in one statement, PostgreSQL would examine all feeds first.
    """
    # Events after a recent one are recent, too.
    old = Q(position_at=None) | Q(position_at__lt=soon)
    of_streams = {"stream__in": [stream.pk for stream in streams]}
    due = Cursor.objects.filter(old, kind=LIVE, due_at__isnull=False, **of_streams)
    waiting = Feed.objects.filter(head_seq__gt=F("expired_seq"), **of_streams)
    unconnected = waiting.exclude(Exists(_live()))
    return [
        *due.values_list("feed", flat=True),
        *unconnected.values_list("pk", flat=True),
    ]


def expired_ranges(
    feed: Feed,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int | None = 100,
) -> list[ExpiredRange]:
    """Return the latest events that expired unsent between two times, newest first.

    Events expire once a day, so there is about one entry for each day; None: all of them.
    Their rows were deleted, so the activity log is all that is known of them.
    """
    entries = AuditEntry.objects.filter(
        workspace=feed.workspace_id, action=EXPIRED, detail__feed=feed.pk
    )
    if since:
        entries = entries.filter(at__gte=since)
    if until:
        entries = entries.filter(at__lt=until)
    found = entries.order_by("-at", "-pk").values_list("at", "detail")[:limit]
    return [
        ExpiredRange(
            at=at,
            **{name: detail[name] for name in EXPIRED_FIELDS},
        )
        for at, detail in found
    ]


def expired_unsent_at(feed: Feed, seq: int) -> datetime | None:
    """Return when an event expired before it was sent; None: it had been sent or skipped."""
    entries = AuditEntry.objects.filter(
        workspace=feed.workspace_id,
        action=EXPIRED,
        detail__feed=feed.pk,
        detail__first_seq__lte=seq,
        detail__last_seq__gte=seq,
    )
    return entries.values_list("at", flat=True).first()


def _live() -> QuerySet[Cursor]:
    """Return the live cursors of an outer feed, the current one first."""
    live = Cursor.objects.filter(feed=OuterRef("pk"), kind=LIVE)
    return live.order_by("-connection_id")


def _newest_cursors(feeds: Sequence[Feed]) -> dict[int, Cursor]:
    """Return the current live cursor of each feed, without locks."""
    live = Cursor.objects.filter(feed__in=feeds, kind=LIVE)
    return {cursor.feed_id: cursor for cursor in live.order_by("connection_id")}


def _pass(feed: Feed, cursor: Cursor | None, last: int) -> int:
    """Count unsent events as expired at the newest live cursor; return how many.

    Events that an older cursor left over already count as skipped, and a replay skips
    events that no longer exist.
    """
    if cursor is None:
        feed.expired += last - feed.expired_seq
        return _note(feed, None, feed.expired_seq, last)
    if cursor.position < last:  # the position only grows, so most cursors need no lock
        cursor = Cursor.objects.select_for_update(no_key=True).get(pk=cursor.pk)
    if cursor.position >= last:
        return 0
    lost = _note(feed, cursor.pk, cursor.position, last)
    mark_position(cursor)
    _move(cursor, last, feed.head_seq)
    return lost


def _move(cursor: Cursor, last: int, head: int) -> None:
    # `position_at` stays valid as a bound: the next events were received later.
    cursor.expired += last - cursor.position
    cursor.position = last
    if cursor.suspect_seq is not None and cursor.suspect_seq <= last:
        cursor.suspect_seq = None
    if last >= head:  # the feed is locked, so no append can happen
        cursor.due_at, cursor.failures, cursor.failing_since = None, 0, None
    cursor.save(
        update_fields=[
            "expired", "position", "suspect_seq", "due_at", "failures", "failing_since",
        ]
    )  # fmt: skip


def _note(feed: Feed, cursor_id: int | None, position: int, last: int) -> int:
    """Record the events that expire unsent. `reconcile` adds up these entries."""
    record(
        EXPIRED,
        actor=None,
        workspace=feed.workspace,
        stream=feed.stream.slug,
        feed=feed.pk,
        cursor=cursor_id,
        events=last - position,
        first_seq=position + 1,
        last_seq=last,
    )
    log.warning(
        "retention.expired", feed=feed.pk, cursor=cursor_id, events=last - position
    )
    return last - position
