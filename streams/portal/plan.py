"""A stream's event plan: what is published, and the draft."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from streams.portal.access import PortalRequest, partner_to_see, signed_in, stream_of


@signed_in
def plan(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """The plan that is published."""
    place = partner_to_see(request, slug)
    stream = stream_of(place, stream_slug)
    shown = {
        "place": place,
        "stream": stream,
        "published": stream.plan_versions.published().first(),
    }
    return render(request, "portal/partner_plan.html", shown)
