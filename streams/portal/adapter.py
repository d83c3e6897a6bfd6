"""How allauth's sign-in is made this portal's: its limits, its emails and what it records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse

from streams.base.client_address import client_address
from streams.base.mail import MAIL_ERRORS
from streams.base.rate_limit import RateLimited
from streams.identity import notices
from streams.identity.known_browser import known_as, remember
from streams.identity.sign_in_limits import Attempt
from streams.portal.too_many import too_many

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from streams.tenancy.models import User

log = structlog.get_logger()

ACTIONS = {
    "account/email/password_changed": "user.password_changed",
    "account/email/password_set": "user.password_changed",
    "account/email/password_reset": "user.password_reset",
}


class MailNotSent(Exception):
    """The mail server did not take an email that a person waits for."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by invitation or by staff, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        """As it is: allauth would put the host's name before it."""
        return subject

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before the password is looked at; 429 above a limit."""
        try:
            self._attempt = Attempt(request, str(credentials.get("email", "")))
        except RateLimited as limited:
            raise ImmediateHttpResponse(
                too_many(request, limited, "There were too many failed sign-ins.")
            ) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user:
            self._attempt.succeeded()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        notices.sign_in_failed(request, str(credentials.get("email", "")))

    def reauthenticate(self, user: User, password: str) -> bool:
        """By the address of the User: allauth's own table of addresses is not used."""
        found = self.authenticate(self.request, email=user.email, password=password)
        return found == user

    def login(self, request: HttpRequest, user: User) -> None:
        is_known, is_first = (
            bool(known_as(request, user.email)),
            user.last_login is None,
        )
        super().login(request, user)
        notices.signed_in(request, user, is_known=is_known, is_first=is_first)

    def post_login(
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember(request, response, user.email)
        return response

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Raises MailNotSent."""
        try:
            super().send_mail(template_prefix, email, context)
        except MAIL_ERRORS as error:
            log.error(  # noqa: TRY400 - a trace would have the address in it
                "mail.not_sent", about=template_prefix, error=type(error).__name__
            )
            raise MailNotSent from None

    def send_notification_mail(
        self, template_prefix: str, user: User, *_: object, **__: object
    ) -> None:
        """What allauth tells people, in our own words; it is recorded, too."""
        notices.password_changed(self.request, user, action=ACTIONS[template_prefix])
