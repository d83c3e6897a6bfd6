"""The connection page: connect, verify, pause, resume, and delete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.connections.actions import Conflict
from streams.connections.key_errors import InvalidWriteKey
from streams.delivery.connection import services, status, verification
from streams.delivery.limits.send_policy import SendPolicy
from streams.delivery.models import Cursor
from streams.observability import forecast, ledger
from streams.portal.connection.forms import NewConnectionForm
from streams.portal.connection.verification import debugger, test_event
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_administer,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.forms import number_in
from streams.portal.workspace.status import standing
from streams.web.template_tags import to

if TYPE_CHECKING:
    from streams.connections.models import Connection


@sensitive_post_parameters("write_key")
@signed_in
def connection(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the connection of the feed, or create it on POST."""
    if request.method == "POST":
        return _connect(request, workspace_to_edit(request, public_id))
    place = workspace_to_see(request, public_id)
    current = place.connection()
    if current is None:
        return _new(request, place, NewConnectionForm(place.the_feed))
    shown = _shown(place, current, number_in(request.GET, "test"))
    return render(request, "portal/connection/connection.html", shown)


@signed_in
@require_POST
def connection_check(request: PortalRequest, public_id: str) -> HttpResponse:
    """Ask Segment again whether it knows the key."""
    place = workspace_to_edit(request, public_id)
    verification.check_known(connection=current_connection(place))
    return redirect(to(place, "connection"))


@signed_in
@require_POST
def connection_test(request: PortalRequest, public_id: str) -> HttpResponse:
    """Send a test event."""
    place = workspace_to_edit(request, public_id)
    current = current_connection(place)
    with _telling_conflicts(request):
        sent = verification.send_test_event(connection=current, actor=request.user)
        return redirect(to(place, "connection", test=sent.seq) + "#test")
    return redirect(to(place, "connection"))


@signed_in
def connection_test_fresh(
    request: PortalRequest, public_id: str, seq: int
) -> HttpResponse:
    """Render the part of the page that shows the progress of the test event."""
    place = workspace_to_see(request, public_id)
    shown = _shown(place, current_connection(place), seq)
    return render(request, "portal/connection/_test_event.html", shown)


@signed_in
@require_POST
def connection_seen(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record that the user found the test event in Segment."""
    place = workspace_to_edit(request, public_id)
    with _telling_conflicts(request):
        verification.confirm_seen(
            connection=current_connection(place), actor=request.user
        )
        messages.success(request, _("Connection verified. Events arrive in Segment."))
    return redirect(to(place, "connection"))


@signed_in
@require_POST
def connection_pause(request: PortalRequest, public_id: str) -> HttpResponse:
    place = workspace_to_edit(request, public_id)
    with _telling_conflicts(request):
        status.pause(connection=current_connection(place), actor=request.user)
        messages.success(
            request, _("Delivery paused. New events are queued until you resume.")
        )
    return redirect(to(place, "connection"))


@signed_in
@require_POST
def connection_resume(request: PortalRequest, public_id: str) -> HttpResponse:
    place = workspace_to_edit(request, public_id)
    with _telling_conflicts(request):
        status.resume(connection=current_connection(place), actor=request.user)
        messages.success(request, _("Delivery resumed. Queued events are being sent."))
    return redirect(to(place, "connection"))


@signed_in
@require_POST
def connection_retry(request: PortalRequest, public_id: str) -> HttpResponse:
    """Retry now, without waiting for the scheduled attempt."""
    place = workspace_to_edit(request, public_id)
    with _telling_conflicts(request):
        status.retry_now(connection=current_connection(place), actor=request.user)
        messages.success(request, _("Retrying now."))
    return redirect(to(place, "connection"))


@signed_in
def connection_delete(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the effects of deleting the connection, or delete it on POST."""
    place = workspace_to_administer(request, public_id)
    current = current_connection(place)
    if request.method == "POST":
        with _telling_conflicts(request):
            services.delete(connection=current, actor=request.user)
            messages.success(request, _("Connection deleted. New events are queued."))
        return redirect(to(place, "connection"))
    impact = services.impact(connection=current)
    shown = {"place": place, "connection": current, "impact": impact}
    return render(request, "portal/connection/delete.html", shown)


def current_connection(place: WorkspaceAccess) -> Connection:
    """Return the current connection. Raises Http404 if there is none."""
    current = place.connection()
    if current is None:
        raise Http404
    return current


@contextmanager
def _telling_conflicts(request: PortalRequest) -> Iterator[None]:
    """Show a conflict with another user's change as an error message."""
    try:
        yield
    except Conflict as error:
        messages.error(request, str(error))


def _connect(request: PortalRequest, place: WorkspaceAccess) -> HttpResponse:
    form = NewConnectionForm(place.the_feed, request.POST)
    if form.is_valid():
        try:
            made = services.connect(
                feed=place.the_feed,
                write_key=form.cleaned_data["write_key"],
                region=form.cleaned_data["region"],
                actor=request.user,
                after=form.after(),
            )
        except InvalidWriteKey as error:
            form.add_error("write_key", str(error))
        except services.StartNotRetained as error:
            form.add_error("start", str(error))
            form.ask_for_key_again()
        except services.AlreadyConnected as error:
            messages.error(request, str(error))
            return redirect(to(place, "connection"))
        else:
            verification.check_known(connection=made)
            waiting = services.impact(connection=made).queued
            messages.success(request, _connected(waiting))
            return redirect(to(place, "connection"))
    return _new(request, place, form)


def _connected(waiting: int) -> str:
    if not waiting:
        return _("Connected.")
    return ngettext(
        "Connected. %(total)s event is on the way to Segment.",
        "Connected. %(total)s events are on the way to Segment.",
        waiting,
    ) % {"total": f"{waiting:,}"}


def _new(
    request: PortalRequest, place: WorkspaceAccess, form: NewConnectionForm
) -> HttpResponse:
    shown = {"place": place, "form": form, "ledger": ledger.of(place.the_feed)}
    return render(request, "portal/connection/new.html", shown)


def _shown(
    place: WorkspaceAccess, current: Connection, test_seq: int | None
) -> dict[str, object]:
    live = current.cursors.filter(kind=Cursor.Kind.LIVE)
    cursor = live.select_related("feed", "stream").first()
    counts, moment = ledger.of(place.the_feed), now()
    block = SendPolicy.load().block(
        current, stream=place.the_feed.stream, workspace=place.workspace
    )
    return {
        "place": place,
        "connection": current,
        "cursor": cursor,
        "standing": standing(current, cursor, counts, moment, block),
        "send_block": block,
        "outlook": forecast.of(cursor, moment) if cursor else None,
        "test": test_event(current, test_seq),
        "debugger": debugger(current.region),
    }
