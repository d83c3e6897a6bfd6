from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from streams.portal.shared.access import PortalRequest


def way_back(request: PortalRequest, default: str) -> str:
    """Return the page that a form names in `back`, if it is in the portal, or `default`."""
    path = request.POST.get("back", "")
    inside = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if inside else default


def opened_from(request: PortalRequest, page: str) -> str:
    """Return the URL of `page` with the query with which it led here; empty: it did not.

    `page` is a path of the portal.
    """
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # half an IPv6 address
        return ""
    if came_from.netloc != request.get_host() or came_from.path != page:
        return ""
    return f"{page}?{came_from.query}"
