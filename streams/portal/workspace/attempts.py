from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from streams.delivery import event_status
from streams.delivery.models import Delivery
from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_see
from streams.portal.shared.form_choices import number_in

if TYPE_CHECKING:
    from streams.connections.models import Connection


@signed_in
def deliveries(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the delivery attempts of one connection, newest first."""
    access = workspace_to_see(request, public_id)
    connections = list(access.the_feed.connections.order_by("-pk"))
    connection = _chosen(connections, request.GET.get("connection"))
    before = number_in(request.GET, "before")
    page = event_status.page(connection, before=before) if connection else None
    context = {
        "access": access,
        "connections": connections,
        "connection": connection,
        "page": page,
        "is_first": before is None,
    }
    return render(request, "portal/workspace/attempts.html", context)


@signed_in
def delivery(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Show one delivery attempt."""
    access = workspace_to_see(request, public_id)
    connections = access.the_feed.connections.values_list("pk", flat=True)
    attempt = get_object_or_404(
        Delivery.objects.select_related("connection", "cursor__replay"),
        connection__in=list(connections),
        pk=pk,
    )
    return render(
        request,
        "portal/workspace/attempt.html",
        {"access": access, "delivery": attempt},
    )


def _chosen(connections: list[Connection], public_id: str | None) -> Connection | None:
    if public_id is None:
        return connections[0] if connections else None
    for connection in connections:
        if connection.public_id == public_id:
            return connection
    raise Http404
