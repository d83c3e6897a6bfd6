"""Accounts that are linked to a person at a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from streams.audit.services import record

if TYPE_CHECKING:
    from streams.sign_in.sso.providers import TrustedProvider
    from streams.tenancy.models import User


@transaction.atomic
def link(*, user: User, provider: TrustedProvider, subject: str) -> SocialAccount:
    """Link an account to the person with this `sub` claim, and to no one else.

    The provider has verified the account's email address, so a new person with the same
    address takes the place of the previous one.
    """
    linked = SocialAccount.objects.filter(provider=provider.provider_id)
    known = linked.filter(uid=subject, user=user).first()
    if known is not None:
        known.save()  # the time of the last sign-in
        return known
    linked.filter(user=user).delete()
    account, _ = SocialAccount.objects.update_or_create(
        provider=provider.provider_id, uid=subject, defaults={"user": user}
    )
    record(
        "user.sso_linked", actor=user, member=user.email, provider=provider.name[:100]
    )
    return account
