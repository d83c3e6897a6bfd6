"""How often one may guess a password. A wrong guess costs the guesser, not the account.

A browser that the account has signed in from before has a limit of its own: what strangers
do from elsewhere does not count against it. All other browsers share limits by address, by
address and account, and by account. A correct password gives its use back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume, give_back
from streams.identity.known_browser import known_as
from streams.identity.limits import (
    FROM_ADDRESS,
    FROM_ADDRESS_TO_ACCOUNT,
    FROM_KNOWN_BROWSER,
    TO_ACCOUNT,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.base.rate_limit import Limit


class Attempt:
    """One attempt to sign in, counted as wrong until `succeeded` is called."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        """Raises RateLimited: the password must not even be looked at."""
        self._used: list[tuple[Limit, str]] = []
        for limit, key in _limits(request, email):
            try:
                consume(limit, key)
            except RateLimited:
                # Refused, so no guess: it must not use up the wider limits before.
                self.succeeded()
                raise
            self._used.append((limit, key))

    def succeeded(self) -> None:
        """The password was right: nothing is counted."""
        while self._used:
            give_back(*self._used.pop())


def _limits(request: HttpRequest, email: str) -> list[tuple[Limit, str]]:
    account = email.strip().lower()
    if browser := known_as(request, account):
        return [(FROM_KNOWN_BROWSER, f"{browser}:{account}")]
    address = client_address(request)
    return [
        (FROM_ADDRESS, address),
        (FROM_ADDRESS_TO_ACCOUNT, f"{address}:{account}"),
        (TO_ACCOUNT, account),
    ]
