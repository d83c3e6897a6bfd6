"""Whom a provider vouches for: the part of its claims that the portal uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from streams.sign_in.sso.refusals import Refusal, SsoRefused

MAX_NAME_LENGTH = 100  # characters, as in User.name
MAX_EMAIL_LENGTH = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A person whose email address the provider has verified."""

    email: str  # in lower case
    name: str  # may be empty
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def domain(self) -> str:
        """The domain of the email address."""
        return domain_of(self.email)

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """Read the claims of a checked ID token. Raises SsoRefused."""
        email = claims.get("email")
        if not isinstance(email, str) or not _is_email(email):
            raise SsoRefused(Refusal.NO_EMAIL)
        # Some providers send the text "true" (Amazon Cognito).
        if claims.get("email_verified") not in (True, "true"):
            raise SsoRefused(Refusal.NOT_VERIFIED)
        name = claims.get("name")
        printable = "".join(
            letter for letter in str(name or "") if letter.isprintable()
        )
        return cls(
            email=email.lower(), name=printable[:MAX_NAME_LENGTH].strip(), claims=claims
        )


def domain_of(email: str) -> str:
    """Return the part after the @, in lower case."""
    return email.rpartition("@")[2].strip().lower()


def _is_email(text: str) -> bool:
    if len(text) > MAX_EMAIL_LENGTH or not text.isascii():
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
