"""Queues that need an operator's eye: they grow, or their events are about to expire."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.admin.home.recent import Recent
from streams.admin.home.work_items import MOST, WorkItem, WorkSection
from streams.admin.shared.base import list_url, page_url, to_the_second
from streams.delivery.models import Cursor, CursorMark
from streams.delivery.retention.expiry import ExpiringEvents, expiring_of_all
from streams.events.models import Feed, FeedMark
from streams.events.quarter_hours import quarter

BY_QUEUE = "-4"  # the order of the list of cursors: by the column `backlog`, from 0
LARGEST = 20  # the queues that are checked for growth
PERIOD = timedelta(hours=1)


def _read_growing(now: datetime) -> list[tuple[Cursor, int]]:
    """Return the queues that have grown in the last hour, the largest first, by how much.

    Reads the cursors with queued events, and the marks of LARGEST of them.
    """
    queued = Cursor.objects.filter(
        kind=Cursor.Kind.LIVE, due_at__isnull=False, connection__deleted_at=None
    ).select_related("feed__workspace", "feed__stream", "connection")
    largest_first = queued.order_by(F("position") - F("feed__head_seq"))
    cursors = list(largest_first[:LARGEST])
    before = _queued_at(cursors, quarter(now - PERIOD))
    grown = [(cursor, _waiting(cursor) - before[cursor.pk]) for cursor in cursors]
    return [(cursor, growth) for cursor, growth in grown if growth > 0]


def _read_expiring(now: datetime) -> list[ExpiringEvents]:
    """Return the feeds whose queued events expire within a week, the first to expire first."""
    return sorted(expiring_of_all(now), key=lambda one: one.first_at)


growing, expiring = Recent(_read_growing), Recent(_read_expiring)


def growing_queues(now: datetime) -> WorkSection | None:
    """Return the largest queues that have grown in the last hour, at most a minute old."""
    found = growing.get(now)
    items = [
        WorkItem(
            text=str(cursor.feed),
            url=page_url(cursor.feed),
            detail=_growth(cursor, growth),
            since=cursor.failing_since,
        )
        for cursor, growth in found[:MOST]
    ]
    return WorkSection.of(
        items,
        title=_("Growing queues"),
        url=list_url(Cursor, queue="yes", o=BY_QUEUE),
        count=len(found),
    )


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


def _waiting(cursor: Cursor) -> int:
    return cursor.feed.head_seq - cursor.position


def _growth(cursor: Cursor, growth: int) -> str:
    text = _(
        "%(waiting)s queued, %(growth)s more than an hour ago – %(connection)s, %(status)s"
    )
    return text % {
        "waiting": f"{_waiting(cursor):,}",
        "growth": f"{growth:,}",
        "connection": cursor.connection,
        "status": cursor.connection.get_status_display(),
    }


def expiring_queues(now: datetime) -> WorkSection | None:
    """Return the feeds whose queued events expire within a week, at most a minute old."""
    found = expiring.get(now)
    shown = found[:MOST]
    feeds = Feed.objects.select_related("workspace", "stream").in_bulk(
        [one.feed_id for one in shown]
    )
    items = []
    for one in shown:
        text = ngettext(
            "%(count)s event, at %(time)s",
            "%(count)s events, starting at %(time)s",
            one.events,
        )
        detail = text % {
            "count": f"{one.events:,}",
            "time": to_the_second(one.first_at),
        }
        feed = feeds.get(one.feed_id)
        if feed is None:
            continue  # removed since
        items.append(
            WorkItem(text=str(feed), url=page_url(feed), detail=detail, since=one.since)
        )
    return WorkSection.of(
        items,
        title=_("Events about to expire"),
        url=list_url(Feed, expiring="yes"),
        count=len(found),
    )
