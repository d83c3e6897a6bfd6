"""Limits on wrong codes of a second factor, and the rule that each code works once.

Guessing needs the account's password or an open session, so these limits can't lock out an
owner whose password is secret. A browser that has signed in before has its own limit, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.rate_limit import RateLimited, consume, give_back
from streams.sign_in.known_browsers import known_as
from streams.sign_in.sign_in_limits import (
    CODE_USED,
    CODES_FROM_KNOWN_BROWSER,
    CODES_TO_ACCOUNT,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.tenancy.models import User


class CodeAttempt:
    """An attempt to enter a code, counted as wrong unless `succeeded` is called."""

    def __init__(self, request: HttpRequest, user: User) -> None:
        """Count the attempt. Raises RateLimited: then the code must not be checked."""
        if browser := known_as(request, user.email):
            self._used = (CODES_FROM_KNOWN_BROWSER, f"{browser}:{user.email}")
        else:
            self._used = (CODES_TO_ACCOUNT, user.email)
        consume(*self._used)

    def succeeded(self) -> None:
        """Undo the count, because the code was correct."""
        give_back(*self._used)


def use_once(user: User, code: str) -> bool:
    """Return whether the code of an authenticator app was unused, and mark it as used.

    Shared by all processes, unlike Django's default cache.
    """
    try:
        consume(CODE_USED, f"{user.email}:{code}")
    except RateLimited:
        return False
    return True
