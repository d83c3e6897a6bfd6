from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render

from streams.portal.shared.access import PortalRequest, signed_in
from streams.portal.shared.navigation import belongings_of

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
def home(request: PortalRequest) -> HttpResponse:
    """Redirect to the user's partner or workspace; with several, offer a choice."""
    own = belongings_of(request.user)
    if request.user.is_staff and not (own.partners or own.workspaces):
        return redirect("admin:index")
    if own.several:
        return render(request, "portal/workspace/home.html", {"own": own})
    if own.partners:
        return redirect("portal:partner", own.partners[0].slug)
    if own.workspaces:
        return redirect("portal:overview", own.workspaces[0].public_id)
    return render(request, "portal/workspace/home.html", {"own": own})
