"""The work queue: the sections of the admin's first page.

Every section shows its first MOST rows and links to a list with all of them. A section
reads streams, halts, connections or cursors, and never an event.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.admin.home.queues import expiring_queues, growing_queues
from streams.admin.home.work_items import MOST, WorkItem, WorkSection
from streams.admin.shared.base import list_url, page_url
from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import halted_connections
from streams.observability.readiness_cache import verdict
from streams.review.launch import awaits_operator
from streams.review.models import LiveRequest, Submission, Suspension

if TYPE_CHECKING:
    from streams.tenancy.models import User


def work_queue(user: User, now: datetime) -> list[WorkSection]:
    """Return the sections with work that the operator may see, the most urgent first."""
    found = (read(now) for name, read in SECTIONS if not name or user.has_perm(name))
    return [section for section in found if section is not None]


def _failing_parts(now: datetime) -> WorkSection | None:
    """Return the parts that failed the latest readiness check, at most 5 seconds old."""
    names = sorted(verdict.failing())
    if not names:
        return None
    url = reverse("api:ready-details")
    return WorkSection(
        title=_("The portal isn't ready"),
        url=url,
        count=len(names),
        items=[WorkItem(text=name, url=url, detail=_("Not OK")) for name in names],
        tone="bad",
    )


def _halts(now: datetime) -> WorkSection | None:
    halts = Halt.objects.select_related("stream").order_by("created_at")
    return WorkSection.of(
        [
            WorkItem(
                text=str(halt),
                url=page_url(halt),
                detail=_halted(halt),
                since=halt.created_at,
            )
            for halt in halts[:MOST]
        ],
        title=_("Active halts"),
        url=list_url(Halt),
        count=halts.count(),
        tone="bad",
    )


def _halted(halt: Halt) -> str:
    stopped = halted_connections(stream=halt.stream, region=halt.region).count()
    text = ngettext(
        "%(reason)s – stops %(count)s connection",
        "%(reason)s – stops %(count)s connections",
        stopped,
    )
    return text % {"reason": halt.reason, "count": f"{stopped:,}"}


def _unreadable_keys(now: datetime) -> WorkSection | None:
    rows = Connection.objects.current().filter(
        status=Connection.Status.ACTIVE, status_reason=UNREADABLE
    )
    of_feed = ("feed__workspace", "feed__stream")
    return WorkSection.of(
        [
            WorkItem(
                text=str(connection),
                url=page_url(connection),
                detail=str(connection.feed),
            )
            for connection in rows.select_related(*of_feed).order_by("pk")[:MOST]
        ],
        title=_("Connections whose write key can't be read"),
        url=list_url(Connection, waits="operator"),
        count=rows.count(),
        tone="bad",
    )


def _reviews(now: datetime) -> WorkSection | None:
    of_stream = {"stream": OuterRef("pk")}
    submitted = (
        Submission.objects.undecided().filter(**of_stream).values("submitted_at")
    )
    asked = LiveRequest.objects.undecided().filter(**of_stream).values("asked_at")
    streams = Stream.objects.filter(awaits_operator())
    oldest_first = streams.select_related("partner").annotate(
        since=Coalesce(Subquery(submitted[:1]), Subquery(asked[:1]))
    ).order_by("since", "pk")  # fmt: skip
    return WorkSection.of(
        [
            WorkItem(
                text=stream.name,
                url=reverse("admin:streams_stream_review", args=[stream.pk]),
                detail=_("Submission of %(partner)s") % {"partner": stream.partner}
                if stream.stage == Stage.SUBMITTED
                else _("Launch request of %(partner)s") % {"partner": stream.partner},
                since=stream.since,
            )
            for stream in oldest_first[:MOST]
        ],
        title=_("Awaiting review"),
        url=list_url(Stream, waits="yes"),
        count=streams.count(),
    )


def _attention(now: datetime) -> WorkSection | None:
    """Return the connections that need attention, by partner, the most first."""
    status = Connection.Status.ATTENTION
    rows = Connection.objects.current().filter(status=status)
    partner = "feed__stream__partner"
    by_partner = list(
        rows.values_list(partner, f"{partner}__name")
        .annotate(count=Count("pk"), since=Min("status_at"))
        .order_by("-count", partner)
    )
    query = {"status__exact": status, "deleted": "no"}
    items = []
    for pk, name, count, since in by_partner[:MOST]:
        text = ngettext("%(count)s connection", "%(count)s connections", count)
        url = list_url(Connection, **query, **{f"{partner}__id__exact": pk})
        detail = text % {"count": f"{count:,}"}
        items.append(WorkItem(text=name, url=url, detail=detail, since=since))
    return WorkSection.of(
        items,
        title=_("Connections that need attention"),
        url=list_url(Connection, **query),
        count=sum(count for _pk, _name, count, _since in by_partner),
        rows=len(by_partner),
    )


def _suspended(now: datetime) -> WorkSection | None:
    rows = Suspension.objects.filter(resumed_at=None).order_by("suspended_at")
    return WorkSection.of(
        [
            WorkItem(
                text=one.stream.name,
                url=reverse("admin:streams_stream_review", args=[one.stream_id]),
                detail=one.reason,
                since=one.suspended_at,
            )
            for one in rows.select_related("stream")[:MOST]
        ],
        title=_("Suspended streams"),
        url=list_url(Stream, stage__exact=Stage.SUSPENDED),
        count=rows.count(),
        tone="calm",
    )


# Each section with the permission that it needs.
SECTIONS: tuple[tuple[str, Callable[[datetime], WorkSection | None]], ...] = (
    ("", _failing_parts),
    ("streams.view_halt", _halts),
    ("streams.view_connection", _unreadable_keys),
    ("streams.view_stream", _reviews),
    ("streams.view_connection", _attention),
    ("streams.view_feed", expiring_queues),
    ("streams.view_feed", growing_queues),
    ("streams.view_stream", _suspended),
)
