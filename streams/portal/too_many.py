from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from streams.base.rate_limit import RateLimited


def too_many(request: HttpRequest, limited: RateLimited, what: str) -> HttpResponse:
    """The page for a limit that is reached: `what` there was too much of, and how long to wait."""
    shown = {
        "what": what,
        "minutes": limited.retry_after_minutes,
        "signs_in": not request.user.is_authenticated,
    }
    response = render(request, "429.html", shown, status=429)
    response["Retry-After"] = str(limited.retry_after_s)
    return response
