"""Queues, connections and checks that need an operator's eye.

Each of these reads all cursors, feeds or connections, which takes tenths of a second with a
hundred thousand of them. No index helps: a queue is a difference of columns of two tables, and
a feed without a cursor is found only by looking for each.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from django.db.models import Count, F, Min

from streams.base.msgspec_types import prepared
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery.models import Cursor, CursorMark
from streams.delivery.retention.expiry import expiring_of_all
from streams.events.models import FeedMark
from streams.events.quarter_hours import quarter
from streams.observability.readiness_checks import readiness

MOST = 5  # rows of each kind
LARGEST = 20  # the queues that are checked for growth
PERIOD = timedelta(hours=1)
PARTNER = "feed__stream__partner"


class GrowingQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue that has grown in the last PERIOD."""

    cursor: int
    waiting: int  # events
    growth: int  # events


class ExpiringQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A feed whose queued events expire within a week."""

    feed: int
    events: int
    since: datetime  # when the first was received
    first_at: datetime  # when it expires


class PartnerAttention(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's connections that need attention."""

    partner: int
    name: str
    count: int
    since: datetime


@prepared
class WorkFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The first MOST of each kind, and the counts of all."""

    at: datetime  # of the measurement
    failing: list[str]  # parts of the portal, by readiness_checks.py, sorted
    growing: list[GrowingQueue]  # the largest first
    growing_count: int
    expiring: list[ExpiringQueue]  # the first to expire first
    expiring_count: int
    attention: list[PartnerAttention]  # the most connections first
    attention_partners: int
    attention_count: int  # connections
    unreadable: list[int]  # connections whose write key can't be read
    unreadable_count: int


def measure(now: datetime) -> WorkFigures:
    """Measure all figures."""
    growing = _growing(now)
    expiring = sorted(expiring_of_all(now), key=lambda one: one.first_at)
    attention = _attention()
    unreadable = Connection.objects.current().filter(
        status=Connection.Status.ACTIVE, status_reason=UNREADABLE
    )
    first = list(unreadable.order_by("pk").values_list("pk", flat=True)[:MOST])
    return WorkFigures(
        at=now,
        failing=sorted(name for name, part in readiness(now).items() if not part.ok),
        growing=growing[:MOST],
        growing_count=len(growing),
        expiring=[
            ExpiringQueue(
                feed=one.feed_id,
                events=one.events,
                since=one.since,
                first_at=one.first_at,
            )
            for one in expiring[:MOST]
        ],
        expiring_count=len(expiring),
        attention=attention[:MOST],
        attention_partners=len(attention),
        attention_count=sum(one.count for one in attention),
        unreadable=first,
        unreadable_count=unreadable.count() if first else 0,
    )


def _growing(now: datetime) -> list[GrowingQueue]:
    """Return the queues among the LARGEST that have grown, the largest first."""
    queued = Cursor.objects.filter(
        kind=Cursor.Kind.LIVE, due_at__isnull=False, connection__deleted_at=None
    ).select_related("feed")
    largest_first = queued.order_by(F("position") - F("feed__head_seq"))
    cursors = list(largest_first[:LARGEST])
    before = _queued_at(cursors, quarter(now - PERIOD))
    return [
        GrowingQueue(cursor=cursor.pk, waiting=waiting, growth=growth)
        for cursor in cursors
        for waiting in [cursor.feed.head_seq - cursor.position]
        if (growth := waiting - before[cursor.pk]) > 0
    ]


def _queued_at(cursors: list[Cursor], moment: datetime) -> dict[int, int]:
    """Return how many events each cursor had queued at a moment: the start of a quarter.

    The first mark since then has the value before the quarter's first growth. Without a
    mark, the value has not changed since.
    """
    heads = dict(
        FeedMark.objects.filter(
            feed_id__in=[c.feed_id for c in cursors], at__gte=moment
        )
        .values_list("feed_id")
        .annotate(seq=Min("seq"))
    )
    positions = dict(
        CursorMark.objects.filter(cursor_id__in=[c.pk for c in cursors], at__gte=moment)
        .values_list("cursor_id")
        .annotate(position=Min("position"))
    )
    return {
        c.pk: heads.get(c.feed_id, c.feed.head_seq) - positions.get(c.pk, c.position)
        for c in cursors
    }


def _attention() -> list[PartnerAttention]:
    rows = Connection.objects.current().filter(status=Connection.Status.ATTENTION)
    by_partner = rows.values_list(PARTNER, f"{PARTNER}__name").annotate(
        count=Count("pk"), since=Min("status_at")
    )
    return [
        PartnerAttention(partner=pk, name=name, count=count, since=since)
        for pk, name, count, since in by_partner.order_by("-count", PARTNER)
    ]
