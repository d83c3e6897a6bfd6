"""The work queue: the sections of the admin's first page.

Every section shows its first MOST rows and links to a list with all of them. A section
reads streams, halts, connections or cursors, and never an event. Queries over all of them,
which no index helps, are in observability/work_figures/.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.admin.home.failures import failed_quarantine_jobs, failing_webhooks
from streams.admin.home.long_running import long_exports, long_quarantine_jobs
from streams.admin.home.queues import expiring_queues, growing_queues
from streams.admin.home.work_items import MOST, WorkItem, WorkSection
from streams.admin.shared.links import list_url, page_url
from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import halted_connections
from streams.observability.feed_state.states import FeedState
from streams.observability.work_figures.measure import PARTNER
from streams.review.launch import awaits_operator
from streams.review.models import LiveRequest, Submission, Suspension

if TYPE_CHECKING:
    from streams.observability.work_figures.measure import WorkFigures
    from streams.tenancy.models import User


def work_queue(user: User, figures: WorkFigures, now: datetime) -> list[WorkSection]:
    """Return the sections with work that the operator may see, the most urgent first."""
    found = (read(figures, now) for name, read in SECTIONS if user.has_perm(name))
    return [section for section in found if section is not None]


def _halts(figures: WorkFigures, now: datetime) -> WorkSection | None:
    halts = Halt.objects.select_related("stream").order_by("created_at")
    return WorkSection.of(
        [
            WorkItem(
                text=capfirst(str(halt)),
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


def _unreadable_keys(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the connections whose write key can't be read."""
    related = Connection.objects.select_related("feed__workspace", "feed__stream")
    lean = related.defer("key_ciphertext", "key_fingerprint")
    unreadable = lean.current().filter(
        status=Connection.Status.ACTIVE, status_reason=UNREADABLE
    )
    items = [
        WorkItem(
            text=str(connection),
            url=page_url(connection),
            detail=str(connection.feed),
        )
        for connection in unreadable.filter(pk__in=figures.unreadable).order_by("pk")
    ]
    return WorkSection.of(
        items,
        title=_("Connections whose write key can't be read"),
        url=list_url(Connection, waits="operator"),
        count=figures.unreadable_count,
        over=len(figures.unreadable) - len(items),
        tone="bad",
    )


def _paused(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the connections that an operator paused, and that no one has resumed."""
    paused = Connection.objects.paused_by_operator().order_by("status_at")
    related = paused.select_related("feed__workspace", "feed__stream")
    lean = related.defer("key_ciphertext", "key_fingerprint")
    items = [
        WorkItem(
            text=str(connection.feed),
            url=page_url(connection),
            detail=connection.status_reason,
            since=connection.status_at,
        )
        for connection in lean[:MOST]
    ]
    return WorkSection.of(
        items,
        title=_("Paused by an operator"),
        url=list_url(Connection, waits="resume"),
        count=paused.count() if items else 0,
        tone="calm",
    )


def _reviews(figures: WorkFigures, now: datetime) -> WorkSection | None:
    streams = list(Stream.objects.filter(awaits_operator()).select_related("partner"))
    undecided = {"stream__in": streams, "decided_at": None}
    since: dict[int, datetime] = {
        **dict(
            LiveRequest.objects.filter(**undecided).values_list("stream", "asked_at")
        ),
        **dict(
            Submission.objects.filter(**undecided).values_list("stream", "submitted_at")
        ),
    }
    # A stream without a time was submitted before submissions were recorded.
    streams.sort(key=lambda stream: since.get(stream.pk, stream.created_at))
    return WorkSection.of(
        [
            WorkItem(
                text=stream.name,
                url=reverse("admin:streams_stream_review", args=[stream.pk]),
                detail=_asked(stream),
                since=since.get(stream.pk),
            )
            for stream in streams[:MOST]
        ],
        title=_("Awaiting review"),
        url=list_url(Stream, waits="yes"),
        count=len(streams),
    )


def _asked(stream: Stream) -> str:
    if stream.stage == Stage.SUBMITTED:
        text = _("Submission of %(partner)s")
    else:
        text = _("Launch request of %(partner)s")
    return text % {"partner": stream.partner}


def _attention(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the connections that need attention, by partner."""
    query = {"state": FeedState.ATTENTION.name.lower()}
    rows = Connection.objects.current().filter(status=Connection.Status.ATTENTION)
    partners = [one.partner for one in figures.attention]
    stopped = rows.filter(**{f"{PARTNER}__in": partners})
    still = set(stopped.values_list(PARTNER, flat=True).distinct())
    shown = [one for one in figures.attention if one.partner in still]
    over = [one for one in figures.attention if one.partner not in still]
    items = []
    for one in shown:
        text = ngettext("%(count)s connection", "%(count)s connections", one.count)
        url = list_url(Connection, **query, **{f"{PARTNER}__id__exact": one.partner})
        detail = text % {"count": f"{one.count:,}"}
        items.append(WorkItem(text=one.name, url=url, detail=detail, since=one.since))
    return WorkSection.of(
        items,
        title=_("Connections that need attention"),
        url=list_url(Connection, **query),
        count=figures.attention_count,
        rows=figures.attention_partners - len(over),
        over=sum(one.count for one in over),
    )


def _suspended(figures: WorkFigures, now: datetime) -> WorkSection | None:
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
SECTIONS: tuple[
    tuple[str, Callable[[WorkFigures, datetime], WorkSection | None]], ...
] = (
    ("streams.view_halt", _halts),
    ("streams.view_connection", _unreadable_keys),
    ("streams.view_stream", _reviews),
    ("streams.view_connection", _attention),
    ("streams.view_feed", failed_quarantine_jobs),
    ("streams.view_feed", long_quarantine_jobs),
    ("streams.view_feed", long_exports),
    ("streams.view_feed", expiring_queues),
    ("streams.view_feed", growing_queues),
    ("streams.view_webhookendpoint", failing_webhooks),
    ("streams.view_stream", _suspended),
    ("streams.view_connection", _paused),
)
