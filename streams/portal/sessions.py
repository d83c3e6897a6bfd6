"""How long one stays signed in: so long without using a page, and so long at most."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest, HttpResponse

SINCE, SEEN = "signed_in_at_s", "seen_at_s"  # Unix times
NOTED_EVERY_S = 60  # a write a minute, not one a page


# A signal, since three places sign people in, and tests a fourth.
@receiver(user_logged_in)
def begin(request: HttpRequest, **_: Any) -> None:
    """Both times begin with the sign-in."""
    request.session[SINCE] = request.session[SEEN] = int(time.time())


class SessionLimits:
    """Ends sessions, and notes that they are used.

    Pages that refresh themselves are no use: a browser that was left open must not keep its
    session for ever. The session's own expiry is the idle limit.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Check the session of a page that has something to do with who is signed in."""
        # A look at the session makes a page vary by its cookie: no cache could keep it.
        match = request.resolver_match
        if match is None or "docs" in match.namespaces:
            return
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_cookie and SESSION_KEY in request.session:
            self._check(request, request.session, int(time.time()))

    def _check(self, request: HttpRequest, session: SessionBase, now_s: int) -> None:
        since_s = session.get(SINCE)
        if since_s is None:  # from before there was a limit
            session[SINCE] = session[SEEN] = now_s
        elif (
            now_s - since_s >= settings.SESSION_MAX_HOURS * 3600
            or now_s - session.get(SEEN, since_s) >= settings.SESSION_IDLE_MINUTES * 60
        ):
            logout(request)
        elif _is_use(request) and now_s - session.get(SEEN, 0) >= NOTED_EVERY_S:
            session[SEEN] = now_s


def _is_use(request: HttpRequest) -> bool:
    """Whether a person did something: htmx also asks without one."""
    return request.method == "POST" or "HX-Request" not in request.headers
