"""Why a sign-in through a provider is refused, in words for the person who tried."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refusal(StrEnum):
    """A reason. Its value is in logs."""

    CANCELED = "canceled"
    STATE = "state"
    PROVIDER = "provider"
    UNREACHABLE = "unreachable"
    CONFIGURATION = "configuration"
    ISSUER = "issuer"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    NONCE = "nonce"
    EXPIRED = "expired"
    CLOCK = "clock"
    TOKEN = "token"  # noqa: S105 - a reason
    NO_AUTH_TIME = "no_auth_time"
    OLD_SIGN_IN = "old_sign_in"
    NO_EMAIL = "no_email"
    NOT_VERIFIED = "email_not_verified"
    FOREIGN_DOMAIN = "foreign_domain"
    NO_ACCESS = "no_access"
    NOT_OPERATOR = "not_operator"
    IS_OPERATOR = "is_operator"
    INACTIVE = "inactive"
    NOT_ADMIN = "not_admin"
    UNREADABLE = "unreadable_secret"


SENTENCES: dict[Refusal, StrOrPromise] = {
    Refusal.CANCELED: _("The sign-in was canceled at the provider."),
    Refusal.STATE: _(
        "This sign-in was started in another browser, was already used, or took longer than"
        " 10 minutes. Start again from the sign-in page."
    ),
    Refusal.PROVIDER: _(
        "The provider reported an error. Start again from the sign-in page. If it happens"
        " again, ask the administrator of your sign-in provider whether you have access to"
        " this application."
    ),
    Refusal.UNREACHABLE: _(
        "We can't reach the provider, or it refused our request. Try again in a few"
        " minutes. If it happens again, ask the person who configured single sign-on to"
        " check the client ID and the client secret."
    ),
    Refusal.CONFIGURATION: _(
        "The provider's discovery document is incomplete. Ask the person who configured"
        " single sign-on to check the issuer."
    ),
    Refusal.ISSUER: _(
        "The provider identifies as a different issuer than the configured one. Ask the"
        " person who configured single sign-on to check the issuer."
    ),
    Refusal.SIGNATURE: _(
        "The provider's ID token isn't signed with one of its published keys. Start again"
        " from the sign-in page. If it happens again, tell the administrator of your"
        " sign-in provider."
    ),
    Refusal.AUDIENCE: _(
        "The provider's ID token is for a different application. Ask the person who"
        " configured single sign-on to check the client ID."
    ),
    Refusal.NONCE: _(
        "The provider's ID token is from a different sign-in. Start again from the sign-in"
        " page."
    ),
    Refusal.EXPIRED: _(
        "The provider's ID token has expired. Start again from the sign-in page. If it"
        " happens again, the provider's clock may be slow: tell the administrator of your"
        " sign-in provider."
    ),
    Refusal.CLOCK: _(
        "The provider's clock is more than a minute ahead of ours. Tell the administrator"
        " of your sign-in provider."
    ),
    Refusal.TOKEN: _(
        "The provider's ID token is invalid. Start again from the sign-in page. If it"
        " happens again, tell the administrator of your sign-in provider."
    ),
    Refusal.NO_AUTH_TIME: _(
        "The provider didn't say when you signed in there, so it can't confirm that it's"
        " you. Confirm in another way, and ask the administrator of your sign-in provider to"
        " send the claim auth_time."
    ),
    Refusal.OLD_SIGN_IN: _(
        "The provider didn't ask you to sign in there again, so it can't confirm that it's"
        " you. Sign out at the provider, and confirm again."
    ),
    Refusal.NO_EMAIL: _(
        "The provider didn't send your email address. Ask its administrator to release the"
        " email claim to this application."
    ),
    Refusal.NOT_VERIFIED: _(
        "The provider doesn't confirm that your email address is verified. Ask its"
        " administrator to send the claim email_verified with the value true."
    ),
    Refusal.FOREIGN_DOMAIN: _(
        "This provider isn't configured for the domain of your email address. Sign in"
        " with your email address instead."
    ),
    Refusal.NO_ACCESS: _(
        "Your email address has no access to the Partner Portal yet. Ask an admin of your"
        " team for an invitation, then sign in again."
    ),
    Refusal.NOT_OPERATOR: _(
        "This provider is for the operators of the Partner Portal, and your email address"
        " doesn't belong to one of them."
    ),
    Refusal.IS_OPERATOR: _(
        "Operators of the Partner Portal can't sign in through a partner's provider. Sign"
        " in with your password, or through the operators' provider."
    ),
    Refusal.INACTIVE: _(
        "Your account is deactivated. To reactivate it, contact your team or the company"
        " whose product you use."
    ),
    Refusal.UNREADABLE: _(
        "The portal can't read the client secret of this provider. Contact the operators"
        " of the Partner Portal."
    ),
    Refusal.NOT_ADMIN: _(
        "The test passes only for an admin of your team. Sign in at the provider as an"
        " admin of your team, and test again."
    ),
}


class SsoRefused(Exception):
    """A sign-in through a provider is refused."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason

    @property
    def sentence(self) -> str:
        """The reason and what to do, for the person."""
        return str(SENTENCES[self.reason])
