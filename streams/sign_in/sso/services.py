"""Configure, test, enforce and remove a partner's provider."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from streams.audit.changes import changed_values
from streams.audit.services import record
from streams.base.clock import now
from streams.base.ids import public_id
from streams.sign_in.sso.client_secrets import seal
from streams.sign_in.sso.models import SsoProvider

if TYPE_CHECKING:
    from streams.tenancy.models import Partner, User


class NotTested(ValueError):
    """The provider must be tested before it is enforced."""


class SecretMissing(ValueError):
    """A new provider, issuer or client needs a client secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoSettings:
    """The configuration that an admin enters, except the secret."""

    issuer: str
    client_id: str
    role_claim: str = ""
    role_values: dict[str, list[str]] = field(default_factory=dict)
    default_role: str = ""


@sensitive_variables("secret")
@transaction.atomic
def configure(
    *, partner: Partner, entered: SsoSettings, secret: str, actor: User
) -> SsoProvider:
    """Create or change a partner's provider. Raises SecretMissing.

    Without `secret`, the stored one stays, unless the issuer or the client differ: it must
    not be sent to another server. With a new issuer, client or secret, the provider must be
    tested again, is no longer enforced, and forgets which accounts it was linked to.
    """
    provider = _locked(partner)
    is_new = provider is None
    if provider is None:
        provider = SsoProvider(partner=partner, public_id=public_id())
    before = {name: getattr(provider, name) for name in asdict(entered)}
    is_same = all(before[name] == getattr(entered, name) for name in _IDENTITY)
    if not secret and not is_same:
        raise SecretMissing(_("Enter the client secret."))
    for name, value in asdict(entered).items():
        setattr(provider, name, value)
    if secret:
        for name, value in seal(secret, public_id=provider.public_id).items():
            setattr(provider, name, value)
    if secret or not is_same:
        provider.tested_at, provider.is_enforced = None, False
        SocialAccount.objects.filter(provider=provider.public_id).delete()
    provider.save()
    changes = changed_values({} if is_new else before, asdict(entered))
    if secret:
        changes["new_secret"] = True
    _record("sso.configured" if is_new else "sso.changed", provider, actor, **changes)
    return provider


_IDENTITY = ("issuer", "client_id")


@transaction.atomic
def mark_tested(*, provider: SsoProvider, actor: User) -> None:
    """Note that an admin of the partner has signed in through the provider.

    Without effect if it was changed in the meantime.
    """
    current = _locked(provider.partner)
    if current is None or _tested_part(current) != _tested_part(provider):
        return
    current.tested_at = now()
    current.save(update_fields=["tested_at"])
    _record("sso.tested", current, actor)


@transaction.atomic
def set_enforced(*, partner: Partner, is_enforced: bool, actor: User) -> None:
    """Require single sign-on from everyone of the partner's domains. Raises NotTested."""
    provider = _locked(partner)
    if provider is None or (is_enforced and provider.tested_at is None):
        raise NotTested(
            _("Test single sign-on first, so that no one is locked out by a mistake.")
        )
    if provider.is_enforced == is_enforced:
        return
    provider.is_enforced = is_enforced
    provider.save(update_fields=["is_enforced"])
    _record("sso.enforced" if is_enforced else "sso.not_enforced", provider, actor)


@transaction.atomic
def remove(*, partner: Partner, actor: User) -> None:
    """Remove a partner's provider, if there is one. Accounts and memberships stay."""
    provider = _locked(partner)
    if provider is None:
        return
    _record("sso.removed", provider, actor)
    SocialAccount.objects.filter(provider=provider.public_id).delete()
    provider.delete()


def _locked(partner: Partner) -> SsoProvider | None:
    rows = SsoProvider.objects.select_for_update(no_key=True).filter(partner=partner)
    return rows.first()


def _tested_part(provider: SsoProvider) -> tuple[str, str, bytes]:
    return provider.issuer, provider.client_id, bytes(provider.secret_ciphertext)


def _record(action: str, provider: SsoProvider, actor: User, **detail: Any) -> None:
    record(
        action,
        actor=actor,
        partner=provider.partner,
        issuer=provider.issuer[:200],
        **detail,
    )
