"""Errors in front of the portal: plain HTTP, and a proxy that hides the address.

Each error gets a page that names it, and a log line for the operator.
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

from streams.base.request_errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

log = structlog.get_logger()

FOR_PROGRAMS = ("/v1/", "/api/")  # for these, errors are JSON
SAFE = ("GET", "HEAD", "OPTIONS")
# The Host of a proxy that doesn't forward the browser's: an address, or a name without a dot,
# such as "web:8000". No browser reaches a portal by those.
UPSTREAM = re.compile(r"\[[0-9a-fA-F:.]+\](:\d+)?|[0-9.]+(:\d+)?|[^.:]+(:\d+)?")
NOT_OUR_HOST = RequestRefused(
    400,
    "HOST-001",
    "This portal isn't set up for the host name of this request.",
    "Check the address. If you run this portal, add the host name to ALLOWED_HOSTS, or"
    " configure your proxy to forward the client's Host header.",
)
NOT_HTTPS = RequestRefused(
    403,
    "HTTPS-001",
    "This address only accepts HTTPS, and the request was sent over HTTP.",
    "Send the request to the same address with https://. Replace any key that it contained:"
    " it was sent unencrypted.",
)


class ProxyMiddleware:
    """The first middleware: all others rely on scheme and host."""

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
        """Use our own host name behind a proxy that only sets X-Forwarded-Proto."""
        if not settings.TRUST_PROXY or not settings.ALLOWED_HOSTS:
            return
        host, own = request.META.get("HTTP_HOST", ""), settings.ALLOWED_HOSTS[0]
        is_name = own[0].isalnum()  # neither * nor .example.com
        if not (is_name and UPSTREAM.fullmatch(host)):
            return
        # The upstream's address may be allowed, too. For a form, Origin is more reliable.
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
    """Refuse the request: a redirect would turn it into a GET and drop its body."""
    if request.path.startswith(FOR_PROGRAMS):
        return JsonResponse(NOT_HTTPS.body, status=NOT_HTTPS.status)
    return render(request, "403_https.html", status=NOT_HTTPS.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle 400: name an unknown host, or say that nothing was saved."""
    is_program = request.path.startswith(FOR_PROGRAMS)
    if not isinstance(exception, DisallowedHost):
        if is_program:
            return django_bad_request(request, exception)
        return render(request, "400.html", status=400)
    host = request.META.get("HTTP_HOST", "")[:200]
    log.error(
        "proxy.host_not_allowed",
        host=host,
        fix="Add it to ALLOWED_HOSTS, or let the proxy forward the browser's Host header.",
    )
    if is_program:
        return JsonResponse(NOT_OUR_HOST.body, status=NOT_OUR_HOST.status)
    return render(request, "400_host.html", {"host": host}, status=400)


def _origin_differs(request: HttpRequest) -> HttpResponse | None:
    """Return a page if the form's origin isn't the address that the proxy forwarded.

    No form gets through such a proxy, so the usual CSRF page would be misleading.
    """
    origin = request.headers.get("Origin", "")[:200]
    ours = f"{request.scheme}://{request.get_host()}"
    if origin in ("", "null", ours, *settings.CSRF_TRUSTED_ORIGINS):
        return None
    log.error(
        "proxy.origin_differs",
        browser=origin,
        passed_on=ours,
        fix="Let the proxy forward Host with its port, and set X-Forwarded-Proto.",
    )
    context = {"browser": origin, "passed_on": ours}
    return render(request, "403_origin.html", context, status=403)
