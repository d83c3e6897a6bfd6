"""What goes wrong in front of the portal: plain http, and a proxy that hides the address.

Each fault gets a page that names it, and a line in the log for the operator.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.defaults import bad_request as django_bad_request

from streams.base.refusals import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

log = structlog.get_logger()

FOR_PROGRAMS = ("/v1/", "/api/")  # answered in JSON
SAFE = ("GET", "HEAD", "OPTIONS")
# What a proxy calls us by, if it does not pass on what the browser asked for: an address,
# or a name without a dot, such as "web:8000". No browser reaches a portal by those.
UPSTREAM = re.compile(r"\[[0-9a-fA-F:.]+\](:\d+)?|[0-9.]+(:\d+)?|[^.:]+(:\d+)?")
NOT_OUR_HOST = RequestRefused(
    400,
    "HOST-001",
    "The portal does not know the host name of this request.",
    "Check the address. To run the portal under this name, add it to ALLOWED_HOSTS, or"
    " let the proxy pass on the Host of the client.",
)
NOT_HTTPS = RequestRefused(
    403,
    "HTTPS-001",
    "This address only accepts https, and the request came over http.",
    "Send it to the same address with https://. What it contained, such as a key, was"
    " readable on the way.",
)


class ProxyMiddleware:
    """The first of all: what follows relies on scheme and host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._name_host(request)
        is_form = request.method not in SAFE
        if is_form and settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return _only_https(request)
        if is_form and not request.path.startswith(FOR_PROGRAMS):
            return _origin_differs(request) or self.get_response(request)
        return self.get_response(request)

    def _name_host(self, request: HttpRequest) -> None:
        """Behind a proxy that sets X-Forwarded-Proto alone, go by the name we know."""
        if not settings.TRUST_PROXY or not settings.ALLOWED_HOSTS:
            return
        host, own = request.META.get("HTTP_HOST", ""), settings.ALLOWED_HOSTS[0]
        is_name = own[0].isalnum()  # neither * nor .example.com
        if not (is_name and UPSTREAM.fullmatch(host)):
            return
        # An address of the upstream may be allowed, too: for a form, the browser knows better.
        from_own = request.headers.get("Origin") == f"{request.scheme}://{own}"
        if from_own or not _is_allowed(request):
            request.META["HTTP_HOST"] = own


def _is_allowed(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _only_https(request: HttpRequest) -> HttpResponse:
    """Not a redirect: that would make a GET of it, without what was sent."""
    if request.path.startswith(FOR_PROGRAMS):
        return JsonResponse(NOT_HTTPS.body, status=NOT_HTTPS.status)
    return render(request, "403_https.html", status=NOT_HTTPS.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: for a host that is not ours, a page that says so; for the rest Django's."""
    if not isinstance(exception, DisallowedHost):
        return django_bad_request(request, exception)
    host = request.META.get("HTTP_HOST", "")[:200]
    log.error(
        "proxy.host_not_allowed",
        host=host,
        fix="Add it to ALLOWED_HOSTS, or let the proxy pass on the Host of the browser.",
    )
    if request.path.startswith(FOR_PROGRAMS):
        return JsonResponse(NOT_OUR_HOST.body, status=NOT_OUR_HOST.status)
    return render(request, "400_host.html", {"host": host}, status=400)


def _origin_differs(request: HttpRequest) -> HttpResponse | None:
    """A form from another address than the one the proxy passed on: as no form can be sent
    through such a proxy, the usual words about cookies and old pages would be wrong."""
    origin = request.headers.get("Origin", "")[:200]
    ours = f"{request.scheme}://{request.get_host()}"
    if origin in ("", "null", ours, *settings.CSRF_TRUSTED_ORIGINS):
        return None
    log.error(
        "proxy.origin_differs",
        browser=origin,
        passed_on=ours,
        fix="Let the proxy pass on Host with its port, and X-Forwarded-Proto.",
    )
    shown = {"browser": origin, "passed_on": ours}
    return render(request, "403_origin.html", shown, status=403)
