from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from streams.base.clock import now
from streams.observability.health import OLDEST_DUE_BOUND, readiness


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """This process answers. Asks nothing else: what is down elsewhere is no reason to
    restart it."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Each part and whether it works; 503 if one does not."""
    parts = readiness(now())
    ok = all(part.ok for part in parts.values())
    body = {
        "ready": ok,
        "parts": {name: asdict(part) for name, part in parts.items()},
        "oldest_due_bound_s": OLDEST_DUE_BOUND.total_seconds(),
    }
    return JsonResponse(body, status=200 if ok else 503)
