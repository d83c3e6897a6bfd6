from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from streams.alerts.models import Alert
from streams.delivery.replay.services import left_to_replay
from streams.delivery.retention.expiry import expiring_of
from streams.identity.models import IdentityMap
from streams.observability.user_id_lookups.store import lookups_of
from streams.portal.chart.views import chart_context
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_see,
)
from streams.portal.status.loading import feed_status
from streams.portal.workspace.checklist import setup_steps

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
    context = _figures(access) | chart_context(access, request.GET)
    return render(request, "portal/workspace/overview.html", context)


@signed_in
def overview_fresh(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the part of the overview that refreshes itself."""
    access = workspace_to_see(request, public_id)
    return render(request, "portal/workspace/_overview.html", _figures(access))


def _figures(access: WorkspaceAccess) -> dict[str, object]:
    feed, found = access.the_feed, feed_status(access)
    connection = found.connection
    return {
        "access": access,
        "connection": connection,
        "cursor": found.cursor,
        "ledger": found.ledger,
        "status": found.status,
        "open_alerts": list(Alert.objects.of(access.workspace).problems()),
        "setup": setup_steps(access, found),
        "expiring": expiring_of(feed, found.now),
        "now": found.now,
        "lookups": lookups_of([feed.pk], found.now),
        "identity": IdentityMap.objects.filter(feed=feed).first(),
        "replaying": left_to_replay(connection) if connection else 0,
    }
