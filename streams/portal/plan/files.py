"""Download a stream's plan as a file, and import one as its draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.catalog.plans.diff import plan_difference
from streams.catalog.plans.files.importing import read_plan, read_text
from streams.catalog.plans.files.problems import InvalidPlanFile
from streams.catalog.plans.files.schema_writer import to_schema
from streams.catalog.plans.files.yaml_writer import to_yaml
from streams.catalog.plans.plan import mark
from streams.catalog.plans.services import (
    PlanConflict,
    drafted_plan,
    replace_draft,
)
from streams.portal.plan.forms import FileForm, ImportForm
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.files.importing import ImportedPlan
    from streams.catalog.plans.models import PlanVersion
    from streams.catalog.plans.validation import PlanError


@signed_in
def files(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """List the downloads; a POST reads a file and shows what it would change."""
    sends = request.method == "POST"
    access = (partner_to_develop if sends else partner_to_see)(request, slug)
    stream = stream_of(access, stream_slug)
    form = FileForm(request.POST, request.FILES) if sends else FileForm()
    if not form.is_valid():
        return _files(request, access, stream, form, [])
    try:
        text = read_text(form.cleaned_data["file"].read())
        read = read_plan(text)
    except InvalidPlanFile as error:
        return _files(request, access, stream, FileForm(), error.errors)
    return _difference(request, access, stream, text, read)


@signed_in
@require_POST
def bring_in(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Import a file as the draft, unless the plan changed since the preview."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    form = ImportForm(request.POST)
    if not form.is_valid():  # not from our form
        return _files(request, access, stream, FileForm(), [])
    text, seen = form.cleaned_data["text"], form.cleaned_data["seen"]
    try:
        read = read_plan(text)
        replace_draft(stream=stream, plan=read.plan, what="from a file", actor=request.user, seen=seen)  # fmt: skip
    except InvalidPlanFile as error:
        return _files(request, access, stream, FileForm(), error.errors)
    except PlanConflict as error:
        messages.error(request, str(error))
        return _difference(request, access, stream, text, read)
    messages.success(request, _("The file was imported as the draft."))
    return redirect(within(access, "partner-stream-plan", stream_slug))


@signed_in
def as_yaml(
    request: PortalRequest, slug: str, stream_slug: str, number: int
) -> HttpResponse:
    version = _version(request, slug, stream_slug, number)
    text = f"# {_title(version)}\n{to_yaml(version.plan)}"
    return _download(text, version, "yaml", "application/yaml")


@signed_in
def as_schema(
    request: PortalRequest, slug: str, stream_slug: str, number: int
) -> HttpResponse:
    version = _version(request, slug, stream_slug, number)
    text = to_schema(version.plan, title=_title(version))
    return _download(text, version, "schema.json", "application/schema+json")


def _version(
    request: PortalRequest, slug: str, stream_slug: str, number: int
) -> PlanVersion:
    stream = stream_of(partner_to_see(request, slug), stream_slug)
    return get_object_or_404(stream.plan_versions, number=number)


def _title(version: PlanVersion) -> str:
    name = f"version {version.number}" if version.published_at else "draft"
    return f"Tracking plan of {version.stream.slug}, {name}"


def _download(text: str, version: PlanVersion, ending: str, kind: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    number = f"v{version.number}" if version.published_at else "draft"
    name = f"{version.stream.slug}-plan-{number}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _files(
    request: PortalRequest,
    access: PartnerAccess,
    stream: Stream,
    form: FileForm,
    errors: list[PlanError],
) -> HttpResponse:
    context = {
        "access": access,
        "stream": stream,
        "draft": stream.plan_versions.draft().defer("content").first(),
        "published": stream.plan_versions.published().defer("content").first(),
        "form": form if access.can_develop else None,
        "errors": errors,
    }
    return render(request, "portal/plan/files.html", context)


def _difference(
    request: PortalRequest,
    access: PartnerAccess,
    stream: Stream,
    text: str,
    read: ImportedPlan,
) -> HttpResponse:
    before = drafted_plan(stream)
    context = {
        "access": access,
        "stream": stream,
        "difference": plan_difference(before, read.plan),
        "changes": before != read.plan,
        "left_out": read.left_out,
        "form": ImportForm(initial={"text": text, "seen": mark(before)}),
        "draft": stream.plan_versions.draft().defer("content").first(),
    }
    return render(request, "portal/plan/import.html", context)
