"""Opens pages only to sessions with a second factor, where the portal requires one.

It is required of operators and partner admins on all pages, and of everyone on the pages of a
workspace whose admin requires it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from streams.sign_in.second_factor.sessions import (
    must_use_second_factor,
    used_second_factor,
)
from streams.sign_in.second_factor.workspaces import SecondFactorMissing
from streams.tenancy.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

# Pages for signing in, and for adding a factor.
OPEN_NAMES = ("account_", "mfa_", "usersessions_", "sso", "openid_connect_")


class SecondFactorMiddleware:
    """Redirects to the page that asks for a second factor, from all pages but those for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Check the session, except on pages that don't depend on it."""
        match = request.resolver_match
        if match is None or "docs" in match.namespaces:
            return None
        if (match.url_name or "").startswith(OPEN_NAMES):
            return None
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if not has_cookie or not isinstance(request.user, User):
            return None
        user = request.user
        if used_second_factor(request, user) or not must_use_second_factor(user):
            return None
        return ask_for_second_factor(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Ask for the factor that a workspace requires; see portal/shared/access.py."""
        if isinstance(exception, SecondFactorMissing):
            return ask_for_second_factor(request)
        return None


def ask_for_second_factor(request: HttpRequest) -> HttpResponse:
    """Redirect to the page that asks for a second factor, and then leads back."""
    back = request.get_full_path() if request.method == "GET" else "/"
    if "HX-Request" in request.headers:  # a part of a page
        url = reverse("account_second_factor")
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(reverse("account_second_factor", query={"next": back}))
