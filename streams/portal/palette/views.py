"""The search box: its results, and the same as a page for browsers without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from streams.base.rate_limit import RateLimit, RateLimited, consume
from streams.portal.palette.results import MAX_QUERY, SearchResult, results_for
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_see,
    signed_in,
    workspace_to_see,
)
from streams.sign_in.second_factor.workspaces import opens_all_workspaces

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.portal.shared.access import PartnerAccess, WorkspaceAccess

# The request and the text; the title, the page and the URL of each section found.
type DocsSearch = Callable[[PortalRequest, str], list[tuple[str, str, str]]]

SEARCHES = RateLimit(
    name="search",
    counts="searches of one person in the portal's search box",
    amount=300,
    period=timedelta(minutes=1),
)


@signed_in
def search(request: PortalRequest, *, search_docs: DocsSearch) -> HttpResponse:
    """Show what matches `q`, from the workspace or partner in `in`."""
    query = " ".join(request.GET.get("q", "")[:MAX_QUERY].split())
    scope = request.GET.get("in", "")
    access = _access(request, scope)
    context: dict[str, object] = {
        "access": access,
        "scope": scope,
        "query": query,
        "groups": [],
    }
    status = 200
    try:
        consume(SEARCHES, str(request.user.pk))
    except RateLimited:
        status = 429
        context["problem"] = _("Too many searches. Wait a minute, then try again.")
    else:
        docs = search_docs(request, query) if query else []
        found = [SearchResult(title, href, page) for title, page, href in docs]
        context["groups"] = results_for(
            query,
            request.user,
            access,
            found,
            opens_all=opens_all_workspaces(request, request.user),
        )
    if request.htmx:
        # htmx shows only successful responses.
        return render(request, "portal/palette/_options.html", context)
    return render(request, "portal/palette/search.html", context, status=status)


def _access(
    request: PortalRequest, scope: str
) -> WorkspaceAccess | PartnerAccess | None:
    """Return the access that a scope names; None without one. Raises Http404."""
    kind, _colon, name = scope.partition(":")
    match kind:
        case "w":
            return workspace_to_see(request, name)
        case "p":
            return partner_to_see(request, name)
        case "":
            return None
    raise Http404
