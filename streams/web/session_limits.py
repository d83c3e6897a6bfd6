"""Session limits: an idle timeout and a maximum duration."""

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
ENDED = "ended"
NOTED_EVERY_S = 60  # at most one write per minute


# A signal, because sign-in happens in three places, and in tests.
@receiver(user_logged_in)
def begin(request: HttpRequest, **_: Any) -> None:
    """Start both times at sign-in."""
    request.session[SINCE] = request.session[SEEN] = int(time.time())


class SessionLimits:
    """Ends expired sessions, and records when a session was last used.

    Automatic refreshes don't count as use: a browser that was left open must not keep its
    session forever. The session's own expiry is the idle timeout.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Check the session, except on pages that don't depend on it."""
        # Accessing the session adds `Vary: Cookie`, which prevents caching.
        match = request.resolver_match
        if match is None or "docs" in match.namespaces:
            return
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_cookie and SESSION_KEY in request.session:
            self._check(request, request.session, int(time.time()))

    def _check(self, request: HttpRequest, session: SessionBase, now_s: int) -> None:
        since_s = session.get(SINCE)
        if since_s is None:  # a session from before the limits existed
            session[SINCE] = session[SEEN] = now_s
        elif (
            now_s - since_s >= settings.SESSION_MAX_HOURS * 3600
            or now_s - session.get(SEEN, since_s) >= settings.SESSION_IDLE_MINUTES * 60
        ):
            session[ENDED] = True
            logout(request)
        elif _is_use(request) and now_s - session.get(SEEN, 0) >= NOTED_EVERY_S:
            session[SEEN] = now_s


def has_ended(session: SessionBase) -> bool:
    """Whether the session is being ended by its limits, and not by the person."""
    return bool(session.get(ENDED))


def _is_use(request: HttpRequest) -> bool:
    """Whether a person acted: htmx also sends requests on its own."""
    return request.method == "POST" or "HX-Request" not in request.headers
