"""Events that are past their retention: no cursor waits for them any more.

They are accounted for as expired where they had not been sent, and that they will be is
told days ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from streams.audit.services import record
from streams.catalog.retention import NOTICE
from streams.delivery.models import Cursor
from streams.events.models import Feed, FeedMark
from streams.events.retention import newest_before

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from streams.catalog.models import Stream

log = structlog.get_logger()

LIVE = Cursor.Kind.LIVE
EXPIRED = "events.expired"  # the audit entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Events of a feed that wait, and are deleted within NOTICE unless they are sent."""

    feed_id: int
    events: int
    since: datetime  # when the first of them was received, to a quarter of an hour
    first_at: datetime  # when it is deleted; in the past: at any moment


@transaction.atomic
def expire(feed_id: int, *, cutoff: datetime) -> tuple[int, int]:
    """Let what a feed received before a midnight expire, its cursors with it.

    How many events are past their retention now that were not, and how many of them had
    not been sent. From here on they are not read, though their rows may be there still.
    """
    feeds = Feed.objects.select_for_update(no_key=True, of=("self",))
    feed = feeds.select_related("stream", "workspace__partner").get(pk=feed_id)
    last = newest_before(feed, cutoff)
    past = last - feed.expired_seq
    if past <= 0:
        return 0, 0
    unsent = _pass(feed, last)
    feed.expired_seq = last
    feed.save(update_fields=["expired_seq", "expired"])
    return past, unsent


def expiring(
    feeds: QuerySet[Feed], stream: Stream, now: datetime
) -> Iterator[Expiring]:
    """Those of a stream's feeds of which events that wait are soon deleted; one query."""
    soon = stream.retention.cutoff(now + NOTICE)
    marks = FeedMark.objects.filter(feed_id=OuterRef("pk"))
    later = marks.filter(at__gte=soon).order_by("at").values("seq")
    first = marks.filter(seq__lte=OuterRef("settled")).order_by("-at").values("at")
    found = (
        feeds.filter(Exists(marks.filter(at__lt=soon)), stream=stream)
        .annotate(
            settled=Coalesce(
                Subquery(_live().values("position")[:1]), F("expired_seq")
            ),
            soon_seq=Coalesce(Subquery(later[:1]), F("head_seq")),
        )
        .filter(settled__lt=F("soon_seq"))
        .annotate(since=Subquery(first[:1]))
    )
    for pk, settled, soon_seq, since in found.values_list(
        "pk", "settled", "soon_seq", "since"
    ):
        yield Expiring(
            feed_id=pk,
            events=soon_seq - settled,
            since=since,
            first_at=stream.retention.kept_until(since),
        )


def expiring_of(feed: Feed, now: datetime) -> Expiring | None:
    """What of one feed is soon deleted unsent."""
    only = Feed.objects.filter(pk=feed.pk)
    return next(expiring(only, feed.stream, now), None)


def feeds_that_wait() -> QuerySet[Feed]:
    """Feeds with events that were not sent, connected or not."""
    unsent = Q(Exists(_live().filter(due_at__isnull=False))) | ~Q(Exists(_live()))
    return Feed.objects.filter(unsent, head_seq__gt=F("expired_seq"))


def _live() -> QuerySet[Cursor]:
    """The live cursors of an outer feed, the one that speaks for what comes next first."""
    live = Cursor.objects.filter(feed=OuterRef("pk"), kind=LIVE)
    return live.order_by("-connection_id")


def _pass(feed: Feed, last: int) -> int:
    """Count what expires unsent where it would have been sent from; how many events.

    That is the newest live cursor. What an older one left over is accounted for already,
    as not sent; and a replay sends again, and passes over what is not there any more.
    """
    live = Cursor.objects.select_for_update(no_key=True).filter(feed=feed, kind=LIVE)
    cursor = live.order_by("-connection_id").first()
    if cursor is None:
        lost = _note(feed, None, feed.expired_seq, last)
        feed.expired += lost
        return lost
    if cursor.position >= last:
        return 0
    lost = _note(feed, cursor.pk, cursor.position, last)
    _move(cursor, last, feed.head_seq)
    return lost


def _move(cursor: Cursor, last: int, head: int) -> None:
    # `position_at` stays: what comes next was received later, so it is a bound still.
    cursor.expired += last - cursor.position
    cursor.position = last
    if cursor.suspect_seq is not None and cursor.suspect_seq <= last:
        cursor.suspect_seq = None
    if last >= head:  # the feed is locked: no append can come between
        cursor.due_at, cursor.failures, cursor.failing_since = None, 0, None
    cursor.save(
        update_fields=[
            "expired", "position", "suspect_seq", "due_at", "failures", "failing_since",
        ]
    )  # fmt: skip


def _note(feed: Feed, cursor_id: int | None, position: int, last: int) -> int:
    """Write down what expires unsent: reconcile adds these entries up."""
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
