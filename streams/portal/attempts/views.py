from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localtime

from streams.base.clock import now
from streams.delivery.attempts import search
from streams.delivery.attempts.contents import body_of
from streams.delivery.attempts.error_groups import error_groups
from streams.delivery.attempts.fault_meaning import fault_meaning
from streams.delivery.attempts.filter import NO_RESPONSE
from streams.delivery.attempts.grouping import AttemptGroup, grouped
from streams.delivery.models import Delivery
from streams.exports.models import Export
from streams.portal.attempts.forms import AttemptFilterForm
from streams.portal.attempts.inspector import inspect
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to
from streams.portal.shared.saved_filters import saved_bar

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.connections.models import Connection
    from streams.delivery.attempts.error_groups import ErrorGroup
    from streams.delivery.attempts.fault_meaning import FaultMeaning

RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}


@signed_in
def deliveries(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the delivery attempts of one connection, newest first."""
    access = workspace_to_see(request, public_id)
    connections, connection = _connections(access, request.GET.get("connection"))
    form = AttemptFilterForm(request.GET)
    before, opened = form.before(), form.opened()
    page = None
    if connection is not None and form.is_valid():
        page = search.page(connection, before=before, wanted=form.filters(now()))
    rows = page.deliveries if page else []
    attempt = _attempts_of(access).filter(pk=opened).first() if opened else None
    context = {
        "access": access,
        "connections": connections,
        "connection": connection,
        "form": form,
        "export_url": to(access, "export-new").partition("?")[0]
        + form.query(list=Export.Kind.ATTEMPTS),
        "saved": saved_bar(request, access, "attempts", form),
        "page": page,
        "groups": [_linked(form, group, opened) for group in grouped(rows)],
        "is_first": before is None,
        "older": form.query(before=page.next_before) if page else "",
        **(_inspected(request, access, attempt) if attempt else {}),
        "closed": form.query(before=before),
    }
    return render(request, "portal/attempts/attempts.html", context)


@signed_in
def delivery(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Show one delivery attempt: a page, or the panel beside the list."""
    access = workspace_to_see(request, public_id)
    attempt = get_object_or_404(_attempts_of(access), pk=pk)
    context = {"access": access, **_inspected(request, access, attempt)}
    is_part = request.htmx and not request.htmx.history_restore_request
    template = "_inspector" if is_part else "attempt"
    return render(request, f"portal/attempts/{template}.html", context)


@signed_in
def delivery_body(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Download the body of the request, if all of its events are still stored."""
    access = workspace_to_see(request, public_id)
    body = body_of(get_object_or_404(_attempts_of(access), pk=pk))
    if body is None:
        raise Http404
    response = HttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="attempt-{pk}.json"'
    return response


@signed_in
def delivery_errors(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the failed attempts of one connection, grouped by fault."""
    access = workspace_to_see(request, public_id)
    connections, connection = _connections(access, request.GET.get("connection"))
    chosen = request.GET.get("range", "")
    if chosen not in RANGES:
        chosen = "24h"
    context = {
        "access": access,
        "connections": connections,
        "connection": connection,
        "range": chosen,
        "ranges": RANGES,
        **_grouped(access, connection, RANGES[chosen]),
    }
    return render(request, "portal/attempts/errors.html", context)


def _linked(
    form: AttemptFilterForm, group: AttemptGroup, opened: int | None
) -> tuple[AttemptGroup, bool, tuple[Delivery, str], list[tuple[Delivery, str]]]:
    """Return a group, whether its parts are shown, and its attempts with their links."""
    before = form.before()
    whole, *parts = (
        (one, form.query(before=before, attempt=one.pk))
        for one in (group.whole, *group.parts)
    )
    return group, group.contains(opened), whole, parts


def _connections(
    access: WorkspaceAccess, public_id: str | None
) -> tuple[list[Connection], Connection | None]:
    """Return the connections of the feed, newest first, and the one that is shown."""
    connections = list(access.the_feed.connections.order_by("-pk"))
    if public_id is None:
        return connections, connections[0] if connections else None
    for connection in connections:
        if connection.public_id == public_id:
            return connections, connection
    raise Http404


def _attempts_of(access: WorkspaceAccess) -> QuerySet[Delivery]:
    connections = access.the_feed.connections.values_list("pk", flat=True)
    relations = ("connection", "cursor__feed", "cursor__replay")
    attempts = Delivery.objects.select_related(*relations)
    return attempts.filter(connection__in=list(connections))


def _inspected(
    request: PortalRequest, access: WorkspaceAccess, attempt: Delivery
) -> dict[str, object]:
    """The context of the inspector; next and previous follow the filters of the list."""
    form = AttemptFilterForm(request.GET)
    newer, older = search.neighbors(attempt, form.filters(now()))
    return {
        "inspected": inspect(attempt, access),
        "delivery": attempt,
        "list_query": form.query(),
        "closed": to(access, "attempts"),
        "newer_url": _link(access, newer, form),
        "older_url": _link(access, older, form),
        "link": request.build_absolute_uri(to(access, "delivery", attempt.pk)),
    }


def _link(
    access: WorkspaceAccess, attempt: Delivery | None, form: AttemptFilterForm
) -> str:
    if attempt is None:
        return ""
    url = reverse("portal:delivery", args=(access.workspace.public_id, attempt.pk))
    return f"{url}{form.query()}"


def _grouped(
    access: WorkspaceAccess, connection: Connection | None, span: timedelta
) -> dict[str, object]:
    if connection is None:
        return {"rows": []}
    since = now() - span
    found = error_groups(connection, since=since)
    rows = [_error_row(access, connection, group, since) for group in found.groups]
    return {"rows": rows, "searched_to": found.searched_to}


def _error_row(
    access: WorkspaceAccess,
    connection: Connection,
    group: ErrorGroup,
    since: datetime,
) -> tuple[ErrorGroup, FaultMeaning, str]:
    """Return a group with its meaning and the link to its attempts."""
    status = NO_RESPONSE if group.status_code is None else group.status_code
    link = to(
        access,
        "attempts",
        connection=connection.public_id,
        outcome=group.outcome,
        status=status,
        error=group.error,
        since=f"{localtime(since):%Y-%m-%dT%H:%M}",
    )
    meaning = fault_meaning(group.outcome, group.status_code, group.error)
    return group, meaning, link
