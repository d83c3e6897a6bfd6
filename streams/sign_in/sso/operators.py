"""The provider of the operators, from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from streams.sign_in.sso.refusals import Refusal, SsoRefused
from streams.tenancy.models import User

if TYPE_CHECKING:
    from streams.sign_in.sso.claims import Identity

PROVIDER_ID = "operators"  # in URLs, and of linked accounts


def is_configured() -> bool:
    """Whether operators can sign in through a provider."""
    return bool(
        settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET
    )


def operator_with(identity: Identity) -> User:
    """Return the operator whose email the provider verified. Raises SsoRefused."""
    user = User.objects.filter(email=identity.email, is_staff=True).first()
    if user is None:
        raise SsoRefused(Refusal.NOT_OPERATOR)
    if not user.is_active:
        raise SsoRefused(Refusal.INACTIVE)
    return user
