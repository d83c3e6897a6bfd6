"""Null characters in addresses and cookies, which PostgreSQL can't store in text.

No person types one. It becomes U+FFFD, the replacement character, before anything else
reads it: a search for it finds nothing, and a page of that name doesn't exist. Forms check
their own fields, and JSON is checked when it is parsed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

NUL, REPLACEMENT, REPLACEMENT_QUOTED = "\0", "\ufffd", "%EF%BF%BD"


class NullCharacterMiddleware:
    """Replaces null characters in the path, the query string and cookies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path:
            request.path = request.path.replace(NUL, REPLACEMENT)
            request.path_info = request.path_info.replace(NUL, REPLACEMENT)
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query or NUL in query:  # not parsed yet
            for null in ("%00", NUL):
                query = query.replace(null, REPLACEMENT_QUOTED)
            request.META["QUERY_STRING"] = query
        for name, value in request.COOKIES.items():
            if NUL in value:
                request.COOKIES[name] = value.replace(NUL, REPLACEMENT)
        return self.get_response(request)
