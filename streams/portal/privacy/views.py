"""The page “Privacy”: erase a person of a workspace, and the report of each erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from streams.events.erasure.models import Erasure
from streams.exports.models import KEPT_HOURS
from streams.exports.services import ExportRunning
from streams.identity.identifiers import IdentifierKind
from streams.portal.identity.forms import PersonForm
from streams.portal.privacy.forms import ErasureForm
from streams.portal.privacy.suppression import suppression_context
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_administer,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to
from streams.privacy.exporting import export_person
from streams.privacy.requests import request_erasure
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpResponse

    from streams.events.models import Feed

SHOWN = 50  # erasures


@signed_in
def privacy(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the latest erasures with their progress."""
    access = workspace_to_see(request, public_id)
    context = _context(access) | suppression_context(access)
    return render(request, "portal/privacy/privacy.html", context)


@signed_in
def privacy_fresh(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the part of the page that refreshes itself."""
    access = workspace_to_see(request, public_id)
    return render(request, "portal/privacy/_erasures.html", _context(access))


@sensitive_post_parameters("person")
@signed_in
@confirmed
def privacy_erase(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the form for a person to erase; on POST, start."""
    access = workspace_to_administer(request, public_id)
    form = ErasureForm(request.POST or None)
    if form.is_valid():
        _erase(request, access, form)
        messages.success(
            request, _("Erasure started. This page shows what was erased.")
        )
        return redirect(to(access, "privacy"))
    context = {"access": access, "form": form}
    return render(request, "portal/privacy/erase.html", context)


@sensitive_post_parameters("person")
@signed_in
def privacy_export(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the form for a person to export; on POST, start, and show the progress."""
    access = workspace_to_see(request, public_id)
    form = PersonForm(request.POST or None)
    if form.is_valid():
        try:
            export = export_person(access.the_feed, **form.named, actor=request.user)
        except ExportRunning as error:
            messages.error(request, str(error))
            return redirect(to(access, "exports"))
        return redirect(to(access, "export", export.public_id))
    context = {"access": access, "form": form, "kept_hours": KEPT_HOURS}
    return render(request, "portal/privacy/export.html", context)


@transaction.atomic
def _erase(request: PortalRequest, access: WorkspaceAccess, form: ErasureForm) -> None:
    origin = Erasure.Origin.PAGE
    for feed in _feeds(access, form):
        request_erasure(feed, **form.named, origin=origin, actor=request.user)


def _feeds(access: WorkspaceAccess, form: ErasureForm) -> Sequence[Feed]:
    """Return the feeds of the workspace. Another tool's ID can be another person's."""
    identifier = form.identifier
    if identifier and identifier.kind == IdentifierKind.TOOL_ID:
        return [access.the_feed]
    return sorted(access.feeds, key=lambda feed: feed.pk)  # the order of locks


def _context(access: WorkspaceAccess) -> dict[str, object]:
    rows = Erasure.objects.filter(feed__in=access.feeds)
    found = rows.select_related("feed__stream", "requested_by").order_by("-pk")[:SHOWN]
    erasures = list(found)
    return {
        "access": access,
        "stream": access.the_feed.stream,
        "erasures": erasures,
        "runs": any(one.ended_at is None for one in erasures),
    }
