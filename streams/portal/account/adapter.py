"""Adapter that gives allauth's sign-in the portal's limits, emails, and activity log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.base.client_address import client_address
from streams.base.email import MAIL_ERRORS, message
from streams.base.rate_limit import RateLimited
from streams.portal.account.ways_to_confirm import factors_to_confirm, ways_to_confirm
from streams.portal.sso.find import refuse_other_ways
from streams.sign_in import security_notices
from streams.sign_in.known_browsers import known_as, remember
from streams.sign_in.password_guessing import SignInAttempt
from streams.sign_in.reset_links import EmailNotSent
from streams.sign_in.second_factor.sessions import (
    authenticated_recently,
    date_last_step,
    has_factor,
)
from streams.sign_in.session_ending import NO_ADDRESS
from streams.tenancy.models import User
from streams.web.rate_limited import too_many

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.core.mail import EmailMessage
    from django.http import HttpRequest, HttpResponse

log = structlog.get_logger()

ACTIONS = {
    "account/email/password_changed": "user.password_changed",
    "account/email/password_set": "user.password_changed",
    "account/email/password_reset": "user.password_reset",
}
FACTOR_ACTIONS = {
    "mfa/email/totp_activated": "user.totp_added",
    "mfa/email/totp_deactivated": "user.totp_removed",
    "mfa/email/webauthn_added": "user.passkey_added",
    "mfa/email/webauthn_removed": "user.passkey_removed",
    "mfa/email/recovery_codes_generated": "user.recovery_codes_created",
}
_STAGES = "streams.portal.account.second_factor.stages"
STAGES = {
    "allauth.mfa.stages.AuthenticateStage": f"{_STAGES}.SecondFactorStage",
    "allauth.mfa.stages.TrustStage": f"{_STAGES}.TrustBrowserStage",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are created by invitation or by operators, never by signing up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("Incorrect email or password."),
        "enter_current_password": gettext_lazy("Incorrect current password."),
        "incorrect_password": gettext_lazy("Incorrect password."),
        # For emailed codes. Passwords have limits in sign_in/password_guessing.py.
        "too_many_login_attempts": gettext_lazy(
            "There were too many wrong codes. Get a new one."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        """Return the subject unchanged: allauth would prefix the host name."""
        return subject

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return an address that fits the column of allauth's table of sessions."""
        address = client_address(request).partition("/")[0]
        return NO_ADDRESS if address == "unknown" else address

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before the password is checked; return 429 above a limit."""
        refuse_other_ways(request, str(credentials.get("email", "")))
        try:
            self._attempt = SignInAttempt(request, str(credentials.get("email", "")))
        except RateLimited as limited:
            email = str(credentials.get("email", ""))
            security_notices.sign_in_limited(request, email, limited)
            reason = _("There were too many failed sign-in attempts.")
            raise ImmediateHttpResponse(too_many(request, limited, reason)) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user:
            self._attempt.succeeded()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        security_notices.sign_in_failed(request, str(credentials.get("email", "")))

    def get_login_stages(self) -> list[str]:
        """Return allauth's stages, with ours in place of two."""
        return [STAGES.get(path, path) for path in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether the last step of authentication was too long ago, also of the sign-in."""
        request = self.request
        return not authenticated_recently(request, request.user)

    def get_reauthentication_methods(
        self, user: User | AnonymousUser
    ) -> list[dict[str, Any]]:
        """Return the second factors, or else the ways to sign in, the last one first."""
        if not isinstance(user, User):
            return []
        if has_factor(user):
            methods = super().get_reauthentication_methods(user)
            return factors_to_confirm(self.request, user, methods)
        return ways_to_confirm(self.request, user)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Check the password by the User's email: allauth's table of addresses isn't used."""
        authenticated = self.authenticate(
            self.request, email=user.email, password=password
        )
        return authenticated == user

    def pre_login(
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse | None:
        """Refuse every other way to sign in if single sign-on is required.

        Single sign-on counts as recent only if the person just signed in at the provider.
        """
        sso = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        if sso is None:
            refuse_other_ways(request, user.email)
        else:
            date_last_step(request, user, sso.authenticated_at_s)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        is_known, is_first = (
            bool(known_as(request, user.email)),
            user.last_login is None,
        )
        super().login(request, user)
        security_notices.signed_in(request, user, is_known=is_known, is_first=is_first)

    def post_login(
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember(request, response, user.email)
        return response

    def render_mail(
        self,
        template_prefix: str,
        email: str,
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Render the email with its lines unwrapped, as `message` does."""
        mail = super().render_mail(template_prefix, email, context, headers)
        return message(mail.subject, mail.body, mail.to)

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Render and send an email. Raises EmailNotSent."""
        try:
            super().send_mail(template_prefix, email, context)
        except MAIL_ERRORS as error:
            log.error(  # noqa: TRY400 - a traceback would contain the address
                "mail.not_sent", about=template_prefix, error=type(error).__name__
            )
            raise EmailNotSent from None

    def send_notification_mail(
        self, template_prefix: str, user: User, *_args: object, **_kwargs: object
    ) -> None:
        """Record a change of credentials and notify the person, in place of allauth's email."""
        if action := FACTOR_ACTIONS.get(template_prefix):
            security_notices.factor_changed(self.request, user, action=action)
            return
        security_notices.password_changed(
            self.request, user, action=ACTIONS[template_prefix]
        )
