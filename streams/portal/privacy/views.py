"""The page “Privacy”: the data of people in a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_see

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
def privacy(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show which data of people the workspace has, and for how long."""
    access = workspace_to_see(request, public_id)
    context = {"access": access, "stream": access.the_feed.stream}
    return render(request, "portal/privacy/privacy.html", context)
