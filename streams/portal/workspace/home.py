from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render

from streams.portal.shared.access import PortalRequest, signed_in
from streams.portal.shared.navigation import tenants_of

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
def home(request: PortalRequest) -> HttpResponse:
    """Redirect to the user's partner or workspace; with several, offer a choice."""
    tenants = tenants_of(request.user)
    if request.user.is_staff and not (tenants.partners or tenants.workspaces):
        return redirect("admin:index")
    if tenants.several:
        return render(request, "portal/workspace/home.html", {"tenants": tenants})
    if tenants.partners:
        return redirect("portal:partner", tenants.partners[0].slug)
    if tenants.workspaces:
        return redirect("portal:overview", tenants.workspaces[0].public_id)
    return render(request, "portal/workspace/home.html", {"tenants": tenants})
