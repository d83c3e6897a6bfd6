"""The providers that the portal trusts, each for its own people."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from streams.base.keyring import CannotDecrypt
from streams.sign_in.sso import operators
from streams.sign_in.sso.client_secrets import client_secret
from streams.sign_in.sso.http import CustomerSession, ProviderSession
from streams.sign_in.sso.models import SsoProvider
from streams.sign_in.sso.partners import member_with
from streams.sign_in.sso.refusals import Refusal, SsoRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.base.http_deadlines import Deadline
    from streams.sign_in.sso.claims import Identity
    from streams.sign_in.sso.http import Session
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
    # A partner's provider may be hostile, and is reached only at public addresses.
    new_session: Callable[[Deadline], Session] = field(repr=False)
    of_partner: SsoProvider | None = None


def provider_with(provider_id: str) -> TrustedProvider | None:
    """Return a configured provider. Raises SsoRefused if its secret can't be decrypted."""
    if provider_id == operators.PROVIDER_ID:
        return _of_operators() if operators.is_configured() else None
    rows = SsoProvider.objects.select_related("partner")
    row = rows.filter(public_id=provider_id).first()
    return _of_partner(row) if row else None


def _of_operators() -> TrustedProvider:
    return TrustedProvider(
        provider_id=operators.PROVIDER_ID,
        name=_("Operators"),
        issuer=settings.OIDC_ISSUER,
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        account_of=operators.operator_with,
        new_session=ProviderSession,
    )


def _of_partner(row: SsoProvider) -> TrustedProvider:
    try:
        secret = client_secret(row)
    except CannotDecrypt:
        raise SsoRefused(Refusal.UNREADABLE) from None
    return TrustedProvider(
        provider_id=row.public_id,
        name=row.partner.name,
        issuer=row.issuer,
        client_id=row.client_id,
        client_secret=secret,
        account_of=partial(member_with, row),
        new_session=CustomerSession,
        of_partner=row,
    )
