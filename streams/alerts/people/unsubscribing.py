"""Signed links that unsubscribe from emails without a session (RFC 8058).

A token names a person and a scope: a place, or all digests. It can do nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.signing import BadSignature, Signer

from streams.alerts.models import Notice
from streams.alerts.people.choices import (
    all_places_of,
    choose,
    current,
    stop_emails,
)
from streams.alerts.people.digests import Cadence
from streams.alerts.people.recipients import PORTAL, place_of
from streams.tenancy.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.alerts.people.recipients import Place

DIGESTS = "d"
_SIGNER = Signer(salt="alerts.unsubscribe")


class InvalidLink(ValueError):
    """The token is not one of ours, or its person doesn't exist anymore."""


def unsubscribe_token(user: User, scope: str) -> str:
    """Return the token of a link for one person. It doesn't expire, because emails don't."""
    return _SIGNER.sign(f"{user.pk}.{scope}")


def scope_of(place: Place) -> str:
    if place == PORTAL:
        return "o"  # of operators; p is a partner
    return f"{place.kind[0]}{place.pk}"


def check(token: str) -> tuple[User, str]:
    """Return the person and the scope of a token. Raises InvalidLink."""
    try:
        pk, _, scope = _SIGNER.unsign(token).partition(".")
        return User.objects.get(pk=int(pk)), scope
    except (BadSignature, ValueError, User.DoesNotExist):
        raise InvalidLink from None


def unsubscribe(token: str, conditions: Iterable[str]) -> None:
    """Stop the emails that the token is for, of these conditions. Raises InvalidLink.

    Does nothing for a place that the person has left, and nothing the second time.
    """
    user, scope = check(token)
    kinds = [(condition, str(Notice.Channel.EMAIL)) for condition in conditions]
    for owner in all_places_of(user):
        now = current(user, owner, kinds)
        if scope == DIGESTS:
            digests = (Cadence.HOURLY, Cadence.DAILY)
            off = {kind: str(Cadence.OFF) for kind in kinds if now[kind] in digests}
            choose(user=user, owner=owner, choices=off)
        elif scope == scope_of(place_of(owner)):
            stop_emails(user=user, owner=owner)
