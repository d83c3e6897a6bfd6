"""Upload userIds: send a file, see what it would change, apply it, and read the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to
from streams.portal.uploads.forms import PartForm, UploadForm
from streams.uploads import services
from streams.uploads.counting import MOST_REPORTED
from streams.uploads.models import KEPT_HOURS, Upload
from streams.uploads.services import MAX_PART_BYTES, UploadChanged, UploadOpen

if TYPE_CHECKING:
    from django.db.models import QuerySet

SHOWN = 50


@signed_in
def uploads(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the uploads of the last day; a POST starts one, with its first part."""
    sends = request.method == "POST"
    access = (workspace_to_edit if sends else workspace_to_see)(request, public_id)
    form = UploadForm(request.POST, request.FILES) if sends else UploadForm()
    in_parts = sends and request.headers.get("Accept") == "application/json"
    if form.is_valid():
        try:
            started = _receive(request, access, form)
        except (UploadOpen, ValueError) as error:
            form.add_error(None, str(error))
        else:
            page = to(access, "upload", started.public_id)
            if not in_parts:
                return redirect(page)
            part = to(access, "upload-part", started.public_id)
            urls = {"page": page, "part": part}
            return JsonResponse(urls, status=201, headers={"Location": page})
    if in_parts:
        said = " ".join(
            str(error) for errors in form.errors.values() for error in errors
        )
        return JsonResponse({"error": said}, status=409)
    context = {
        "access": access,
        "stream": access.the_feed.stream,
        "form": form,
        "part_bytes": MAX_PART_BYTES,
        "uploads": _of(access).order_by("-pk")[:SHOWN],
        "kept_hours": KEPT_HOURS,
    }
    return render(request, "portal/uploads/uploads.html", context)


@signed_in
def upload(request: PortalRequest, public_id: str, upload_id: str) -> HttpResponse:
    """Show one upload: its progress, or what it would change, or what it changed."""
    access = workspace_to_see(request, public_id)
    return render(request, "portal/uploads/upload.html", _shown(access, upload_id))


@signed_in
def upload_fresh(
    request: PortalRequest, public_id: str, upload_id: str
) -> HttpResponse:
    """Render the part of the upload's page that refreshes itself."""
    access = workspace_to_see(request, public_id)
    return render(request, "portal/uploads/_upload.html", _shown(access, upload_id))


@signed_in
@require_POST
def upload_part(request: PortalRequest, public_id: str, upload_id: str) -> HttpResponse:
    """Store a part of the file after the first. The browser can repeat it."""
    found = _found(workspace_to_edit(request, public_id), upload_id)
    form = PartForm(request.POST, request.FILES)
    if not form.is_valid():
        said = _("The part of the file is missing or too large.")
        return JsonResponse({"error": said}, status=400)
    data = form.cleaned_data
    try:
        services.add_part(found, data["number"], data["file"])
    except UploadChanged as error:
        return JsonResponse({"error": str(error)}, status=409)
    return HttpResponse(status=204)


@signed_in
@require_POST
def upload_apply(
    request: PortalRequest, public_id: str, upload_id: str
) -> HttpResponse:
    """Add the links of a checked file."""
    access = workspace_to_edit(request, public_id)
    found = _found(access, upload_id)
    try:
        services.apply_upload(upload=found, actor=request.user)
    except UploadChanged as error:
        messages.error(request, str(error))
    return redirect(to(access, "upload", upload_id))


@signed_in
@require_POST
def upload_delete(
    request: PortalRequest, public_id: str, upload_id: str
) -> HttpResponse:
    """Delete an upload. Links that it added stay."""
    access = workspace_to_edit(request, public_id)
    services.delete_upload(upload=_found(access, upload_id), actor=request.user)
    messages.success(request, _("Upload deleted."))
    return redirect(to(access, "uploads"))


@signed_in
def upload_report(
    request: PortalRequest, public_id: str, upload_id: str
) -> StreamingHttpResponse | HttpResponse:
    """Download the refused rows and the conflicts as CSV."""
    access = workspace_to_see(request, public_id)
    found = _found(access, upload_id)
    if not found.reports:
        return redirect(to(access, "upload", upload_id))
    response = StreamingHttpResponse(
        services.report(found), content_type="text/csv; charset=utf-8"
    )
    name = f"upload-{found.requested_at:%Y-%m-%d-%H%M}-report.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _receive(
    request: PortalRequest, access: WorkspaceAccess, form: UploadForm
) -> Upload:
    """Start an upload with the first part, or with the whole file if it's small."""
    file = form.cleaned_data["file"]
    size = form.cleaned_data["size_bytes"] or file.size
    if size < file.size or (size > file.size > MAX_PART_BYTES):
        raise ValueError(_("The upload was interrupted. Start again."))
    started = services.start_upload(
        feed=access.the_feed, size_bytes=size, actor=request.user
    )
    for number, data in enumerate(file.chunks(MAX_PART_BYTES)):
        services.add_part(started, number, data)
    return started


def _of(access: WorkspaceAccess) -> QuerySet[Upload]:
    of_feed = Upload.objects.filter(feed=access.the_feed)
    return of_feed.select_related("requested_by", "feed__workspace", "feed__stream")


def _found(access: WorkspaceAccess, upload_id: str) -> Upload:
    return get_object_or_404(_of(access), public_id=upload_id)


def _shown(access: WorkspaceAccess, upload_id: str) -> dict[str, object]:
    found = _found(access, upload_id)
    columns = found.columns or []
    return {
        "access": access,
        "upload": found,
        "counts": found.counts,
        "percent": int(found.share_read * 100),
        "ignored": sum(column is None for column in columns),
        "rule": found.feed.stream.get_conflict_rule_display(),
        "is_report_cut": found.reported >= MOST_REPORTED,
        "most_reported": MOST_REPORTED,
    }
