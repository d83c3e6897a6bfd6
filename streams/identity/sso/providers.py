"""The providers that the portal trusts, each for its own people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from streams.identity.sso import operators

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.identity.sso.claims import Identity
    from streams.tenancy.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedProvider:
    """An OpenID Connect provider, and whom it may sign in."""

    provider_id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    # Returns the person's account. Raises SsoRefused.
    account_of: Callable[[Identity], User] = field(repr=False)


def provider_with(provider_id: str) -> TrustedProvider | None:
    """Return a configured provider."""
    if provider_id == operators.PROVIDER_ID and operators.is_configured():
        return TrustedProvider(
            provider_id=provider_id,
            name=_("Operators"),
            issuer=settings.OIDC_ISSUER,
            client_id=settings.OIDC_CLIENT_ID,
            client_secret=settings.OIDC_CLIENT_SECRET,
            account_of=operators.operator_with,
        )
    return None
