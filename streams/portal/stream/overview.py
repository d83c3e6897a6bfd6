"""The overview of a stream: its health, its tracking plan, and its public docs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum
from django.shortcuts import render

from streams.alerts.models import Alert
from streams.base.clock import now
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.events.models import Feed
from streams.observability import forecast
from streams.observability.issues import queries as issue_queries
from streams.observability.issues.queries import IssueScope
from streams.portal.docs import views as docs_views
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.review.follow_ups import follow_ups

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.catalog.models import Stream


@signed_in
def overview(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show what a live stream needs, and how its events are delivered."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    is_live = stream.stage == Stage.LIVE
    context = {
        "access": access,
        "stream": stream,
        "published": stream.plan_versions.published().first(),
        "draft": stream.plan_versions.draft().first(),
        "pages": [docs_views.page_status(stream, kind) for kind in PageKind],
        "follow_ups": [task for task in follow_ups(stream) if not task.done]
        if is_live
        else [],
        **_health(stream),
    }
    return render(request, "portal/stream/overview.html", context)


def _health(stream: Stream) -> dict[str, object]:
    moment = now()
    active = Connection.objects.filter(
        feed__stream=stream, status=Connection.Status.ACTIVE, deleted_at=None
    )
    held = Feed.objects.filter(stream=stream, quarantined__gt=0)
    return {
        "load": forecast.load(stream, moment),
        "active_connections": active.count(),
        "issue_trend": issue_queries.trend(IssueScope(stream_id=stream.pk), moment),
        "quarantined": held.aggregate(events=Sum("quarantined"))["events"] or 0,
        "open_alerts": Alert.objects.filter(stream=stream, closed_at=None).count(),
    }
