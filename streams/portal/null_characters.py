"""Addresses and cookies with a null character, which no text of PostgreSQL can hold.

Nobody types one. Refused here once, it reaches no query of any page, list, or filter. The
fields of a form are checked by their forms, and JSON where it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from streams.base.refusals import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

NUL = "\0"
FOR_PROGRAMS = ("/v1/", "/api/")  # answered in JSON
REFUSED = RequestRefused(
    400,
    "REQUEST-NUL-001",
    "The address contains a null character (%00).",
    "Remove %00 from the path and the query string.",
)


class NullCharacterMiddleware:
    """Returns 400 for a null character in the path, the query string, or a cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _has_nul(request):
            return self.get_response(request)
        if request.path.startswith(FOR_PROGRAMS):
            return JsonResponse(REFUSED.body, status=REFUSED.status)
        return render(request, "400_null.html", status=REFUSED.status)


def _has_nul(request: HttpRequest) -> bool:
    query = request.META.get("QUERY_STRING", "")
    return (
        NUL in request.path
        or "%00" in query
        or NUL in query
        or any(NUL in value for value in request.COOKIES.values())
    )
