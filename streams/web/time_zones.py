from __future__ import annotations

import zoneinfo
from functools import cache
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

ADMIN = "/admin/"
COOKIE = "zone"  # set by static/portal/portal.js from the browser's time zone


class ZoneMiddleware:
    """Show times in the reader's time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The admin shows UTC, so that operators can compare times with logs.
        own = not request.path.startswith(ADMIN)
        zone = zone_named(request.COOKIES.get(COOKIE, "")) if own else None
        with timezone.override(zone):
            return self.get_response(request)


def zone_named(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone of that name; None, which means UTC, for an unknown name."""
    # zoneinfo treats a name as a path, so check its list of names first.
    return zoneinfo.ZoneInfo(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())  # reads hundreds of files
