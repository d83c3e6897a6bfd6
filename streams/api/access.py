"""Who asks, and how the API answers: JSON of one shape, refusals too."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from streams.base.clock import now
from streams.base.refusals import RequestRefused
from streams.tenancy.services import find_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.tenancy.models import PartnerToken


def for_partner[**P](
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, PartnerToken, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """A view for a partner's server: its token (Bearer) is all that opens it."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, PartnerToken, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @csrf_exempt  # no cookie counts here
        @never_cache
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
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
    """Below /api/ every answer is JSON."""
    return refusal(
        RequestRefused(
            404,
            "API-PATH-001",
            "There is nothing at this path.",
            "The paths are at /docs/guide/api/.",
        )
    )


def refusal(refused: RequestRefused) -> HttpResponse:
    """The answer that says so."""
    return JsonResponse(refused.body, status=refused.status, headers=refused.headers)


def _token(request: HttpRequest) -> PartnerToken:
    scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthorized("API-KEY-001", "The request has no partner token.")
    token = find_token(text.strip(), now())
    if token is None:
        raise _unauthorized(
            "API-KEY-002", "This partner token is not known, or was revoked."
        )
    return token


def _unauthorized(code: str, message: str) -> RequestRefused:
    return RequestRefused(
        401,
        code,
        message,
        "Send `Authorization: Bearer` with a token that begins with pt_, from the portal's"
        " token page.",
        {"www-authenticate": 'Bearer realm="api"'},
    )


def _check_method(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        raise RequestRefused(
            405,
            "API-METHOD-001",
            f"This path takes {' and '.join(methods)}, not {request.method}.",
            "What each path takes is at /docs/guide/api/.",
            {"allow": ", ".join(methods)},
        )


def _database_down() -> RequestRefused:
    return RequestRefused(
        503,
        "API-DOWN-001",
        "The portal's database does not answer now.",
        "Send the same request again after the time in Retry-After.",
        {"retry-after": "5"},
    )
