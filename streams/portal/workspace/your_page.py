"""The pages that guides name: public docs don't know whose partner or workspace to link to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse

from streams.catalog.models import Stream
from streams.portal.shared.access import PortalRequest, signed_in
from streams.portal.shared.navigation import tenants_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse

    from streams.portal.shared.navigation import AccessibleTenants

# By the last part of the link: the name of the page's URL.
OF_PARTNER = {
    "workspaces": "partner",
    "find-events": "partner-events",
    "live-tail": "partner-tail",
    "streams": "partner-streams",
    "requests": "partner-requests",
    "api-tokens": "partner-tokens",
    "webhooks": "partner-webhooks",
    "members": "partner-members",
    "single-sign-on": "partner-sso",
}
OF_STREAM = {
    "launch-checklist": "partner-stream-launch",
    "plan": "partner-stream-plan",
    "check-an-event": "partner-stream-plan-check",
    "send-events": "partner-stream-send",
    "qa": "partner-stream-qa",
    "settings": "partner-stream",
}
OF_WORKSPACE = {
    "overview": "overview",
    "events": "events",
    "delivery-attempts": "attempts",
    "replays": "replays",
    "issues": "issues",
    "quarantine": "quarantine",
    "connection": "connection",
    "receive-from-segment": "receive",
    "identity": "identity",
    "usage": "usage",
    "privacy": "privacy",
    "alerts": "alerts",
    "webhooks": "webhooks",
    "members": "members",
    "activity-log": "activity",
}


@dataclass(frozen=True, slots=True)
class YourPage:
    """A page of one partner, stream or workspace of the user."""

    owner: str
    detail: str
    href: str


@signed_in
def your_page(request: PortalRequest, place: str, page: str) -> HttpResponse:
    """Redirect to the page of the user's partner, stream or workspace, or offer a choice.

    Without such a page, redirect to the first page of the portal. Raises Http404 for an
    unknown page.
    """
    tenants = tenants_of(request.user)
    pages = list(_pages(tenants, place, page))
    if not pages and tenants.partners:
        # A partner's page lists what a guide for customers or about a stream is about.
        home = "partner-streams" if place == "stream" else "partner"
        pages = [
            YourPage(one.name, "", reverse(f"portal:{home}", args=[one.slug]))
            for one in tenants.partners
        ]
    if len(pages) > 1:
        return render(request, "portal/workspace/your_page.html", {"pages": pages})
    return redirect(pages[0].href if pages else "portal:home")


def _pages(tenants: AccessibleTenants, place: str, page: str) -> Iterator[YourPage]:
    known = {"partner": OF_PARTNER, "stream": OF_STREAM, "workspace": OF_WORKSPACE}
    name = known.get(place, {}).get(page)
    if name is None:
        raise Http404
    view = f"portal:{name}"
    if place == "partner":
        for partner in tenants.partners:
            yield YourPage(partner.name, "", reverse(view, args=[partner.slug]))
    elif place == "stream":
        owned = Stream.objects.filter(partner__in=tenants.partners)
        for stream in owned.select_related("partner").order_by("partner__name", "name"):
            href = reverse(view, args=[stream.partner.slug, stream.slug])
            yield YourPage(stream.name, stream.partner.name, href)
    else:
        for workspace in tenants.workspaces:
            href = reverse(view, args=[workspace.public_id])
            yield YourPage(workspace.name, workspace.partner.name, href)
