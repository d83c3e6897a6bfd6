"""Limits on password guesses, which block the guesser and not the owner of the account.

A browser that has signed in to the account before has its own limit, which attempts of
strangers don't count against. All other browsers share limits per address, per address and
account, and per account. A correct password doesn't count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume, give_back
from streams.sign_in.known_browsers import known_as
from streams.sign_in.sign_in_limits import (
    FROM_ADDRESS,
    FROM_ADDRESS_TO_ACCOUNT,
    FROM_KNOWN_BROWSER,
    TO_ACCOUNT,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.base.rate_limit import RateLimit


class SignInAttempt:
    """A sign-in attempt, counted as failed unless `succeeded` is called."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        """Count the attempt. Raises RateLimited: then the password must not be checked."""
        self._used: list[tuple[RateLimit, str]] = []
        for limit, key in _limits(request, email):
            try:
                consume(limit, key)
            except RateLimited:
                # A refused attempt isn't a guess and must not use up the wider limits.
                self.succeeded()
                raise
            self._used.append((limit, key))

    def succeeded(self) -> None:
        """Undo the count, because the password was correct."""
        while self._used:
            give_back(*self._used.pop())


def _limits(request: HttpRequest, email: str) -> list[tuple[RateLimit, str]]:
    account = email.strip().lower()
    if browser := known_as(request, account):
        return [(FROM_KNOWN_BROWSER, f"{browser}:{account}")]
    address = client_address(request)
    return [
        (FROM_ADDRESS, address),
        (FROM_ADDRESS_TO_ACCOUNT, f"{address}:{account}"),
        (TO_ACCOUNT, account),
    ]
