from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from streams.base.clock import now
from streams.delivery.limits.send_policy import SendPolicy
from streams.delivery.models import Cursor
from streams.delivery.replay.services import left_to_replay
from streams.delivery.retention.expiry import expiring_of
from streams.observability import chart, ledger
from streams.observability.issues import queries as issue_queries
from streams.observability.issues.queries import IssueScope
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_see,
)
from streams.portal.workspace.chart_layout import draw
from streams.portal.workspace.status import connection_status

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
def overview(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the status of the feed, its totals, and the last 24 hours."""
    access = workspace_to_see(request, public_id)
    if access.feed is None:
        return render(
            request, "portal/workspace/overview_empty.html", {"access": access}
        )
    return render(request, "portal/workspace/overview.html", _figures(access))


@signed_in
def overview_fresh(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the part of the overview that refreshes itself."""
    access = workspace_to_see(request, public_id)
    return render(request, "portal/workspace/_overview.html", _figures(access))


def _figures(access: WorkspaceAccess) -> dict[str, object]:
    feed, moment = access.the_feed, now()
    connection = access.connection()
    cursor = (
        connection.cursors.filter(kind=Cursor.Kind.LIVE).first() if connection else None
    )
    counts = ledger.of(feed)
    block = (
        SendPolicy.load().block(
            connection, stream=feed.stream, workspace=access.workspace
        )
        if connection
        else None
    )
    return {
        "access": access,
        "connection": connection,
        "cursor": cursor,
        "ledger": counts,
        "status": connection_status(connection, cursor, counts, moment, block),
        "expiring": expiring_of(feed, moment),
        "now": moment,
        "replaying": left_to_replay(connection) if connection else 0,
        "issue_trend": issue_queries.trend(IssueScope(feed_id=feed.pk), moment),
        "chart": draw(chart.last_24_hours(feed, moment)),
    }
