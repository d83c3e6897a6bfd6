from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from streams.base.clock import now
from streams.observability.readiness_cache import verdict
from streams.observability.readiness_checks import OLDEST_DUE_BOUND, readiness


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """Report that this process responds.

    Checks nothing else: an outage elsewhere is no reason to restart this process.
    """
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Report whether the portal can do its work; 503 if not.

    Only operators see which part fails.
    """
    ok = not verdict.failing()
    return JsonResponse({"ready": ok}, status=200 if ok else 503)


@require_safe
@never_cache
def details(request: HttpRequest) -> HttpResponse:
    """Report the current health of each part, for operators only.

    Browsers get a page, and programs get JSON.
    """
    if not (request.user.is_active and request.user.is_staff):
        raise Http404
    parts = readiness(now())
    ok = all(part.ok for part in parts.values())
    status = 200 if ok else 503
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        shown = {"ready": ok, "parts": parts}
        return render(request, "api/readiness.html", shown, status=status)
    body = {
        "ready": ok,
        "parts": {name: asdict(part) for name, part in parts.items()},
        "oldest_due_bound_s": OLDEST_DUE_BOUND.total_seconds(),
    }
    return JsonResponse(body, status=status)


class ProbeMiddleware:
    """Responds to probes before any other middleware runs.

    Probes use a container's address, without https or a session, so ALLOWED_HOSTS and the
    redirect to https must not apply to them.
    """

    probes = {"/healthz": alive, "/readyz": ready}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = self.probes.get(request.path_info, self._get_response)
        return probe(request)
