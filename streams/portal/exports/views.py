"""Export a filtered list: choose a format, follow the progress, download the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.exports import services
from streams.exports.models import KEPT, KEPT_HOURS, Export
from streams.exports.services import ExportRunning
from streams.portal.exports.forms import ExportForm
from streams.portal.exports.lists import filters_of, list_of, list_of_export
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to

if TYPE_CHECKING:
    from django.db.models import QuerySet

SHOWN = 50
CONTENT_TYPES = {
    Export.Format.JSON_LINES: "application/x-ndjson",
    Export.Format.JSON: "application/json",
    Export.Format.CSV: "text/csv; charset=utf-8",
}


@signed_in
def exports(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the exports that still exist, newest first."""
    access = workspace_to_see(request, public_id)
    found = [
        (export, filters_of(export)) for export in _of(access).order_by("-pk")[:SHOWN]
    ]
    context = {"access": access, "exports": found, "kept_hours": KEPT_HOURS}
    return render(request, "portal/exports/exports.html", context)


@signed_in
def export_new(request: PortalRequest, public_id: str) -> HttpResponse:
    """Choose the format of an export of the list that the query filters; on POST, start it."""
    access = workspace_to_see(request, public_id)
    exported = list_of(request.GET, access)
    form = ExportForm(request.POST or None, hints=exported.hints)
    if exported.filters.is_valid() and form.is_valid():
        try:
            export = services.request_export(
                feed=access.the_feed,
                kind=exported.kind,
                wanted=exported.wanted,
                form=Export.Format(form.cleaned_data["format"]),
                actor=request.user,
            )
        except ExportRunning as error:
            messages.error(request, str(error))
            return redirect(to(access, "exports"))
        return redirect(to(access, "export", export.public_id))
    context = {
        "access": access,
        "exported": exported,
        "filters": exported.filters,
        "form": form,
        "kept_hours": KEPT_HOURS,
        "most": services.MAX_ROWS,
    }
    return render(request, "portal/exports/new.html", context)


@signed_in
def export(request: PortalRequest, public_id: str, export_id: str) -> HttpResponse:
    """Show one export and its progress."""
    access = workspace_to_see(request, public_id)
    return render(
        request, "portal/exports/export.html", _progress(request, access, export_id)
    )


@signed_in
def export_fresh(
    request: PortalRequest, public_id: str, export_id: str
) -> HttpResponse:
    """Render the part of the export's page that refreshes itself."""
    access = workspace_to_see(request, public_id)
    return render(
        request, "portal/exports/_export.html", _progress(request, access, export_id)
    )


@signed_in
def export_file(
    request: PortalRequest, public_id: str, export_id: str
) -> StreamingHttpResponse | HttpResponse:
    """Download the file."""
    access = workspace_to_see(request, public_id)
    found = _found(access, export_id)
    if not found.has_file:
        return redirect(to(access, "export", export_id))
    response = StreamingHttpResponse(
        services.content(found), content_type=CONTENT_TYPES[Export.Format(found.format)]
    )
    response["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    response["Content-Length"] = str(found.size_bytes)
    return response


@signed_in
@require_POST
def export_delete(
    request: PortalRequest, public_id: str, export_id: str
) -> HttpResponse:
    """Delete the user's own export, or, for editors, any."""
    access = workspace_to_see(request, public_id)
    found = _found(access, export_id)
    if found.requested_by != request.user:
        access = workspace_to_edit(request, public_id)
    services.delete_export(export=found, actor=request.user)
    messages.success(request, _("Export deleted."))
    return redirect(to(access, "exports"))


def _of(access: WorkspaceAccess) -> QuerySet[Export]:
    """Return the exports of the feed, with the relations that pages show."""
    of_feed = Export.objects.filter(feed=access.the_feed)
    return of_feed.select_related("requested_by", "feed__workspace", "feed__stream")


def _found(access: WorkspaceAccess, export_id: str) -> Export:
    return get_object_or_404(_of(access), public_id=export_id)


def _progress(
    request: PortalRequest, access: WorkspaceAccess, export_id: str
) -> dict[str, object]:
    found = _found(access, export_id)
    return {
        "access": access,
        "export": found,
        "exported": list_of_export(found, access),
        "may_delete": access.can_edit or found.requested_by == request.user,
        "percent": int(found.searched * 100),
        "deleted_at": found.ended_at and found.ended_at + KEPT,
    }
