"""The page with the refused requests of all partners in the last 24 hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.observability.requests.advice import ADVICE
from streams.observability.requests.refusals import MOST_LISTED, refused_of_all

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest, HttpResponse

SEES_PARTNERS = "streams.view_partner"


def refused_requests(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """List the keys with the most refused requests, with their partner."""
    if not request.user.has_perm(SEES_PARTNERS):
        raise PermissionDenied
    context = {
        **site.each_context(request),
        "title": _("Refused requests"),
        "rows": [(one, ADVICE[one.status]) for one in refused_of_all(now())],
        "most": MOST_LISTED,
    }
    return TemplateResponse(request, "admin/refused_requests.html", context)
