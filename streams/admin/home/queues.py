"""Queues that need an operator's eye: they grow, or their events are about to expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.admin.delivery.workspace_delivery import words_of
from streams.admin.home.work_items import WorkItem, WorkSection
from streams.admin.shared.base import to_the_second
from streams.admin.shared.links import list_url, page_url
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import expiring_of
from streams.events.models import Feed

if TYPE_CHECKING:
    from datetime import datetime

    from streams.observability.work_figures.measure import GrowingQueue, WorkFigures

BY_QUEUE = "-4"  # the order of the list of cursors: by the column `backlog`, from 0


def growing_queues(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the largest queues that have grown in the last hour."""
    related = Cursor.objects.select_related(
        "feed__workspace",
        "feed__stream",
        "connection__feed__workspace",
        "connection__feed__stream",
    )
    # Those that have been sent or disconnected since the measurement aren't work.
    queued = related.filter(due_at__isnull=False, connection__deleted_at=None)
    cursors = queued.in_bulk([one.cursor for one in figures.growing])
    words = words_of([cursor.connection for cursor in cursors.values()])
    items = [
        WorkItem(
            text=str(cursor.feed),
            url=page_url(cursor.feed),
            detail=_growth(cursor, one, words[cursor.connection_id]),
            since=cursor.failing_since,
        )
        for one in figures.growing
        if (cursor := cursors.get(one.cursor))
    ]
    return WorkSection.of(
        items,
        title=_("Growing queues"),
        url=list_url(Cursor, queue="yes", o=BY_QUEUE),
        count=figures.growing_count,
        over=len(figures.growing) - len(items),
    )


def _growth(cursor: Cursor, queue: GrowingQueue, word: str) -> str:
    text = _(
        "%(waiting)s queued, %(growth)s more than there were an hour ago – %(connection)s, %(status)s"
    )
    return text % {
        "waiting": f"{queue.waiting:,}",
        "growth": f"{queue.growth:,}",
        "connection": cursor.connection,
        "status": word,
    }


def expiring_queues(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the feeds whose queued events expire within a week."""
    feeds = Feed.objects.select_related("workspace", "stream").in_bulk(
        [one.feed for one in figures.expiring]
    )
    items = []
    for stored in figures.expiring:  # at most MOST, and a query for each
        feed = feeds.get(stored.feed)
        if feed is None or (one := expiring_of(feed, now)) is None:
            continue  # removed or sent since
        text = ngettext(
            "%(count)s event, at %(time)s",
            "%(count)s events, starting at %(time)s",
            one.events,
        )
        detail = text % {
            "count": f"{one.events:,}",
            "time": to_the_second(one.first_at),
        }
        items.append(
            WorkItem(text=str(feed), url=page_url(feed), detail=detail, since=one.since)
        )
    return WorkSection.of(
        items,
        title=_("Events about to expire"),
        url=list_url(Feed, expiring="yes"),
        count=figures.expiring_count,
        over=len(figures.expiring) - len(items),
    )
