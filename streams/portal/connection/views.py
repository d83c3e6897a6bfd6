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
from django_htmx.http import HttpResponseClientRefresh

from streams.connections.action_log import Conflict
from streams.connections.key_errors import InvalidWriteKey
from streams.connections.regions import Region
from streams.delivery.connection import services, status, verification
from streams.identity.inbound_address import InboundAddress
from streams.observability import forecast, ledger
from streams.portal.connection.forms import NewConnectionForm
from streams.portal.connection.recent_changes import recent_changes
from streams.portal.connection.verification import debugger, test_event
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_administer,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.form_choices import number_in
from streams.portal.shared.navigation_tags import to
from streams.portal.shared.way_back import way_back
from streams.portal.status.loading import feed_status
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from streams.connections.models import Connection
    from streams.portal.status.decision import ConnectionStatus


@sensitive_post_parameters("write_key")
@signed_in
def connection(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the connection of the feed, or create it on POST."""
    if request.method == "POST":
        return _connect(request, workspace_to_edit(request, public_id))
    access = workspace_to_see(request, public_id)
    current = access.connection()
    if current is None:
        return _new(request, access, NewConnectionForm(access.the_feed))
    context = {
        **_context(access, current, number_in(request.GET, "test")),
        "changes": recent_changes(access),
        "inbound": InboundAddress.objects.filter(feed=access.the_feed).first(),
    }
    return render(request, "portal/connection/connection.html", context)


@signed_in
def connection_fresh(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the part of the page that refreshes itself, as a whole."""
    access = workspace_to_see(request, public_id)
    current = access.connection()
    if current is None:  # it was deleted, and another page takes its place
        return HttpResponseClientRefresh()
    context = _context(access, current, number_in(request.GET, "test"))
    return render(request, "portal/connection/_connection.html", context)


@signed_in
@require_POST
def connection_check(request: PortalRequest, public_id: str) -> HttpResponse:
    """Ask Segment again whether it knows the key."""
    access = workspace_to_edit(request, public_id)
    verification.check_known(connection=current_connection(access))
    return redirect(to(access, "connection"))


@signed_in
@require_POST
def connection_test(request: PortalRequest, public_id: str) -> HttpResponse:
    """Send a test event; before, check the key if that has never been possible."""
    access = workspace_to_edit(request, public_id)
    current = current_connection(access)
    if current.known is None and verification.check_known(connection=current) is False:
        return redirect(to(access, "connection"))  # the event would not arrive
    with _conflicts_as_messages(request):
        sent = verification.send_test_event(connection=current, actor=request.user)
        return redirect(to(access, "connection", test=sent.seq) + "#test")
    return redirect(to(access, "connection"))


@signed_in
@require_POST
def connection_seen(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record that the user found the test event in Segment."""
    access = workspace_to_edit(request, public_id)
    with _conflicts_as_messages(request):
        verification.confirm_seen(
            connection=current_connection(access), actor=request.user
        )
        messages.success(request, _("Connection verified. Events arrive in Segment."))
    return redirect(to(access, "connection"))


@signed_in
@require_POST
def connection_pause(request: PortalRequest, public_id: str) -> HttpResponse:
    access = workspace_to_edit(request, public_id)
    with _conflicts_as_messages(request):
        status.pause(connection=current_connection(access), actor=request.user)
        messages.success(
            request, _("Delivery paused. New events are queued until you resume.")
        )
    return redirect(to(access, "connection"))


@signed_in
@require_POST
def connection_resume(request: PortalRequest, public_id: str) -> HttpResponse:
    access = workspace_to_edit(request, public_id)
    with _conflicts_as_messages(request):
        status.resume(connection=current_connection(access), actor=request.user)
        sends = feed_status(access).status.sends
        messages.success(
            request,
            _("Delivery resumed. Queued events are being sent.")
            if sends
            else _("Connection resumed."),
        )
    return redirect(way_back(request, to(access, "connection")))


@signed_in
@require_POST
def connection_retry(request: PortalRequest, public_id: str) -> HttpResponse:
    """Retry now, without waiting for the scheduled attempt."""
    access = workspace_to_edit(request, public_id)
    with _conflicts_as_messages(request):
        status.retry_now(connection=current_connection(access), actor=request.user)
        messages.success(request, _("Retrying now."))
    return redirect(way_back(request, to(access, "connection")))


@signed_in
@confirmed
def connection_delete(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the effects of deleting the connection, or delete it on POST."""
    access = workspace_to_administer(request, public_id)
    current = current_connection(access)
    if request.method == "POST":
        with _conflicts_as_messages(request):
            services.delete(connection=current, actor=request.user)
            messages.success(request, _("Connection deleted. New events are queued."))
        return redirect(to(access, "connection"))
    impact = services.impact(connection=current)
    context = {"access": access, "connection": current, "impact": impact}
    return render(request, "portal/connection/delete.html", context)


def current_connection(access: WorkspaceAccess) -> Connection:
    """Return the current connection. Raises Http404 if there is none."""
    current = access.connection()
    if current is None:
        raise Http404
    return current


@contextmanager
def _conflicts_as_messages(request: PortalRequest) -> Iterator[None]:
    """Show a conflict with another user's change as an error message."""
    try:
        yield
    except Conflict as error:
        messages.error(request, str(error))


def _connect(request: PortalRequest, access: WorkspaceAccess) -> HttpResponse:
    form = NewConnectionForm(access.the_feed, request.POST)
    if form.is_valid():
        try:
            created = services.connect(
                feed=access.the_feed,
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
            return redirect(to(access, "connection"))
        else:
            verification.check_known(connection=created)
            messages.success(request, _connected(feed_status(access).status))
            return redirect(to(access, "connection"))
    return _new(request, access, form)


def _connected(status: ConnectionStatus) -> str:
    if not (status.queued and status.is_flowing) or status.tone == "bad":
        return _("Connected.")
    return ngettext(
        "Connected. %(total)s event is on the way to Segment.",
        "Connected. %(total)s events are on the way to Segment.",
        status.queued,
    ) % {"total": f"{status.queued:,}"}


def _new(
    request: PortalRequest, access: WorkspaceAccess, form: NewConnectionForm
) -> HttpResponse:
    context = {"access": access, "form": form, "ledger": ledger.of(access.the_feed)}
    return render(request, "portal/connection/new.html", context)


def _context(
    access: WorkspaceAccess, current: Connection, test_seq: int | None
) -> dict[str, object]:
    found = feed_status(access)
    test = test_event(current, test_seq)
    if test and not test.is_queued and found.is_queued(test.seq):
        # It was sent between the two reads: don't count it as queued above.
        found = feed_status(access)
    return {
        "access": access,
        "connection": current,
        "status": found.status,
        "forecast": forecast.of(found.cursor, found.now) if found.cursor else None,
        "test": test,
        "debugger": debugger(current.region),
        "in_sandbox": Region(current.region).is_sandbox,
    }
