"""Authentication of API requests, and the JSON of error responses."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from streams.base.clock import now
from streams.base.ids import digest
from streams.base.request_errors import RequestRefused
from streams.tenancy.services import find_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponseBase

    from streams.tenancy.models import PartnerToken


def for_partner[**P](
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, PartnerToken, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Make a view for partners' servers, authenticated by an API token (Bearer)."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, PartnerToken, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @csrf_exempt  # cookies are ignored
        @never_cache
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            try:
                token = _token(request)
                _check_method(request, methods)
                return view(request, token, *args, **kwargs)
            except RequestRefused as refused:
                return refusal(refused)
            except (OperationalError, InterfaceError):
                return refusal(_database_down())

        return answer

    return decorate


@csrf_exempt
def unknown_path(request: HttpRequest) -> HttpResponse:
    """Respond with JSON to unknown paths below /api/."""
    return refusal(
        RequestRefused(
            404,
            "API-PATH-001",
            "This path does not exist.",
            "See /docs/guide/api/ for the API's paths.",
        )
    )


def refusal(refused: RequestRefused) -> HttpResponse:
    """Return the response to a refused request."""
    return JsonResponse(refused.body, status=refused.status, headers=refused.headers)


def _token(request: HttpRequest) -> PartnerToken:
    scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthorized("API-KEY-001", "The request has no API token.")
    token = find_token(digest(text.strip()), now())
    if token is None:
        raise _unauthorized(
            "API-KEY-002", "This API token is unknown, expired or revoked."
        )
    return token


def _unauthorized(code: str, message: str) -> RequestRefused:
    return RequestRefused(
        401,
        code,
        message,
        "Send `Authorization: Bearer` with an API token, which starts with pt_. Create one"
        " in the portal, on the page API tokens.",
        {"www-authenticate": 'Bearer realm="api"'},
    )


def _check_method(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        raise RequestRefused(
            405,
            "API-METHOD-001",
            f"This path supports {' and '.join(methods)}, not {request.method}.",
            "See /docs/guide/api/ for the methods of each path.",
            {"allow": ", ".join(methods)},
        )


def _database_down() -> RequestRefused:
    return RequestRefused(
        503,
        "API-DOWN-001",
        "The portal's database is temporarily unavailable.",
        "Retry the request after the number of seconds in Retry-After.",
        {"retry-after": "5"},
    )
