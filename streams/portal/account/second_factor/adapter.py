"""Adapter that gives allauth's second factors the portal's key ring, names and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.sign_in.second_factor.sessions import MAIN_TYPES, must_use_second_factor
from streams.sign_in.second_factor.stored_secrets import seal, unseal
from streams.sign_in.second_factor.workspaces import is_in_such_a_workspace

if TYPE_CHECKING:
    from streams.tenancy.models import User


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Encrypts stored secrets, and keeps the last factor of people who must have one."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy(
            "The portal or a workspace requires two-factor authentication. Add another method"
            " first."
        ),
        "incorrect_code": gettext_lazy(
            "This code or passkey isn't valid. Enter the code that your app shows now, or use"
            " another method. If this happens again, let your phone set its time automatically."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises CannotDecrypt."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user = authenticator.user
        others = Authenticator.objects.filter(user=user, type__in=MAIN_TYPES)
        if others.exclude(pk=authenticator.pk).exists():
            return True
        return not (must_use_second_factor(user) or is_in_such_a_workspace(user))

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - allauth's
        count = Authenticator.objects.filter(user=user, type=type).count()
        return (
            _("Passkey %(number)s") % {"number": count + 1} if count else _("Passkey")
        )

    def _get_site_name(self) -> str:
        return _("Partner Portal")
