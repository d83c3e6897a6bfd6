"""The origin of a request for the activity log, and the entry of a sign-out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from streams.audit.origin import within_request
from streams.audit.services import record
from streams.web.session_limits import has_ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from streams.tenancy.models import User


class OriginMiddleware:
    """Give entries of the activity log the address and the device of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with within_request(request):
            return self.get_response(request)


# A signal, because people sign out in several places.
@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Record that a person signed out; not that a session reached its limit."""
    if user is not None and not has_ended(request.session):
        record("user.signed_out", actor=user, member=user.email)
