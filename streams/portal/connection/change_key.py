"""Change the write key or the region: review the effects, then save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from streams.connections.key_errors import InvalidWriteKey
from streams.connections.regions import Region
from streams.delivery.connection import services, verification
from streams.portal.connection.forms import ChangeForm
from streams.portal.connection.pending_key import PendingChange, opened
from streams.portal.connection.views import current_connection
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_edit,
)
from streams.portal.shared.navigation_tags import to
from streams.portal.status.actions import Action
from streams.portal.status.loading import feed_status
from streams.web.recent_sign_in import confirmed, confirmed_changes

if TYPE_CHECKING:
    from streams.connections.models import Connection


@sensitive_post_parameters("write_key")
@signed_in
@confirmed
def connection_change(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the form for a new key or region, or preview the change on POST."""
    access = workspace_to_edit(request, public_id)
    current = current_connection(access)
    is_bad = feed_status(access).status.primary is Action.REPLACE_KEY
    form = ChangeForm(
        request.POST or None, is_bad=is_bad, initial={"region": current.region}
    )
    if form.is_valid():
        change = PendingChange(
            Region(form.cleaned_data["region"]), form.cleaned_data["write_key"]
        )
        if change.write_key or change.region != current.region:
            try:
                return _preview(request, access, current, change)
            except InvalidWriteKey as error:
                form.add_error("write_key", str(error))
        else:
            form.add_error(
                None,
                _("Enter a new key or select another region. Nothing has changed."),
            )
    context = {
        "access": access,
        "connection": current,
        "form": form,
        "title": Action.REPLACE_KEY.label if is_bad else Action.CHANGE.label,
    }
    return render(request, "portal/connection/change.html", context)


@signed_in
@require_POST
@confirmed_changes
def connection_replace(request: PortalRequest, public_id: str) -> HttpResponse:
    """Apply the change that the preview showed."""
    access = workspace_to_edit(request, public_id)
    current = current_connection(access)
    change = opened(request.POST.get("change", ""), current, request.user)
    if change is None:
        messages.error(
            request,
            _("This review expired after 15 minutes. Enter your changes again."),
        )
        return redirect(to(access, "connection-change"))
    try:
        services.replace(
            connection=current,
            write_key=change.write_key or None,
            region=change.region,
            actor=request.user,
        )
    except (InvalidWriteKey, services.ConnectionConflict) as error:
        messages.error(request, str(error))
        return redirect(to(access, "connection-change"))
    verification.check_known(connection=current)
    _say_what_is_next(request, access)
    return redirect(to(access, "connection"))


def _say_what_is_next(request: PortalRequest, access: WorkspaceAccess) -> None:
    """Confirm the change, with the same next step as the status of the connection."""
    status = feed_status(access).status
    if status.primary is Action.REPLACE_KEY:
        messages.warning(
            request,
            _(
                "Changes saved, but Segment doesn't recognize this write key. Replace the"
                " key, or select another region."
            ),
        )
    elif status.can_test:
        messages.success(
            request, _("Changes saved. Send a test event to verify the connection.")
        )
    else:
        messages.success(request, _("Changes saved."))


def _preview(
    request: PortalRequest,
    access: WorkspaceAccess,
    current: Connection,
    change: PendingChange,
) -> HttpResponse:
    """Raises InvalidWriteKey."""
    context = {
        "access": access,
        "connection": current,
        "change": change,
        "sealed_change": change.seal(current, request.user),
        "impact": services.impact(
            connection=current,
            write_key=change.write_key or None,
            region=change.region,
        ),
    }
    return render(request, "portal/connection/preview.html", context)
