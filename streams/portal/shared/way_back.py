from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from streams.portal.shared.access import PortalRequest


def way_back(request: PortalRequest, default: str) -> str:
    """Return the page that a form names in `back`, if it is in the portal, or `default`."""
    path = request.POST.get("back", "")
    inside = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if inside else default
