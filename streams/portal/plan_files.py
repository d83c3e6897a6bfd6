"""A stream's plan as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from streams.catalog.plans.yaml_file import to_yaml
from streams.portal.access import PortalRequest, partner_to_see, signed_in, stream_of

if TYPE_CHECKING:
    from streams.catalog.plans.models import PlanVersion


@signed_in
def files(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """The draft and what is published, to download."""
    place = partner_to_see(request, slug)
    stream = stream_of(place, stream_slug)
    shown = {
        "place": place,
        "stream": stream,
        "draft": stream.plan_versions.draft().first(),
        "published": stream.plan_versions.published().first(),
    }
    return render(request, "portal/partner_plan_files.html", shown)


@signed_in
def as_yaml(
    request: PortalRequest, slug: str, stream_slug: str, number: int
) -> HttpResponse:
    stream = stream_of(partner_to_see(request, slug), stream_slug)
    version = get_object_or_404(stream.plan_versions, number=number)
    text = f"# The event plan of {stream.slug}, {_named(version)}.\n{to_yaml(version.plan)}"
    return _download(text, version, "yaml", "application/yaml")


def _download(text: str, version: PlanVersion, ending: str, kind: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    what = f"v{version.number}" if version.published_at else "draft"
    name = f"{version.stream.slug}-plan-{what}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _named(version: PlanVersion) -> str:
    return f"version {version.number}" if version.published_at else "a draft"
