from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from streams.tenancy.models import User
from streams.tenancy.time_zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

ADMIN = "/admin/"
# Pages that are the same for everyone, so that they can be cached.
PUBLIC = ("/docs/", "/sitemap.xml", "/robots.txt")
COOKIE = "zone"  # set by static/portal/portal.js from the browser's time zone


class ZoneMiddleware:
    """Show times in the zone of the reader's profile, or else of the browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The admin shows UTC, so that operators can compare times with logs.
        own = not request.path.startswith(ADMIN)
        name = (_chosen(request) or request.COOKIES.get(COOKIE, "")) if own else ""
        with timezone.override(zone_named(name)):
            return self.get_response(request)


def _chosen(request: HttpRequest) -> str:
    """Return the name of the zone in the user's profile; empty without one."""
    has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
    if not has_cookie or request.path.startswith(PUBLIC):
        return ""
    return request.user.time_zone if isinstance(request.user, User) else ""
