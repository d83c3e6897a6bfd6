"""Browsers that an account has signed in from, remembered in a signed, long-lived cookie.

The cookie doesn't prove who is using the browser, and grants no access. It decides which
limit a wrong password counts against (password_guessing.py), so that strangers can't lock out
the owner of an account, and whether a sign-in is emailed to the owner (security_notices.py).
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

COOKIE = "known_browser"
SALT = "streams.sign_in.known_browser"
LASTS_S = 365 * 24 * 3600  # from the last sign-in
MAX_ACCOUNTS = 5  # per browser; the least recently used one is dropped


def known_as(request: HttpRequest, email: str) -> str | None:
    """Return the browser's ID for the account, or None if it never signed in to it."""
    return _accounts(request).get(_digest(email))


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Remember the browser for the account that just signed in."""
    accounts = _accounts(request)
    own = accounts.pop(_digest(email), None) or secrets.token_hex(8)
    kept = list(accounts.items())[1 - MAX_ACCOUNTS :]
    response.set_cookie(
        COOKIE,
        signing.dumps([*kept, (_digest(email), own)], salt=SALT),
        max_age=LASTS_S,
        path="/accounts/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _accounts(request: HttpRequest) -> dict[str, str]:
    """Return the browser's IDs by digest of the account's email, oldest first."""
    try:
        return dict(
            signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS_S)
        )
    except signing.BadSignature:
        return {}


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:16]
