from __future__ import annotations

import zoneinfo
from functools import cache
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

ADMIN = "/admin/"
COOKIE = "zone"  # set by static/portal/portal.js from what the browser knows


class ZoneMiddleware:
    """Pages show times as the clock of the person who reads them does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Operators compare times with logs and with each other: the admin's are in UTC.
        own = not request.path.startswith(ADMIN)
        zone = zone_named(request.COOKIES.get(COOKIE, "")) if own else None
        with timezone.override(zone):
            return self.get_response(request)


def zone_named(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of that name; None, that is UTC, for a name that nobody knows."""
    # A name is a path to the library that reads zones: ask its own list first.
    return zoneinfo.ZoneInfo(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())  # reads hundreds of files
