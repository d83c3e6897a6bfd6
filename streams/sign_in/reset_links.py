"""Emails a link to reset a password to a user, because an operator asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.forms import ResetPasswordForm
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume, give_back
from streams.sign_in.sign_in_limits import RESETS_TO_EMAIL

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.tenancy.models import User


class EmailNotSent(Exception):
    """The email server didn't accept an email that a person is waiting for."""


class NoResetLink(Exception):
    """No link was emailed. The text says why."""


def email_reset_link(request: HttpRequest, user: User, *, actor: User) -> None:
    """Email a link as "Forgot your password?" does. Raises NoResetLink.

    Only the recipient sees the link: it isn't returned, logged or recorded.
    """
    if not user.is_active:
        raise NoResetLink(_("This account is inactive, so no link was sent."))
    form = ResetPasswordForm({"email": user.email})
    if not form.is_valid():
        raise NoResetLink(_("The email address of this user isn't valid."))
    try:
        consume(RESETS_TO_EMAIL, user.email)
    except RateLimited as limited:
        text = _(
            "%(email)s already received %(amount)d links within an hour. They still work."
        )
        said = text % {"email": user.email, "amount": limited.limit.amount}
        raise NoResetLink(said) from None
    request.__dict__["is_sent_by_operator"] = True  # the email says so
    try:
        form.save(request)
    except EmailNotSent:
        give_back(RESETS_TO_EMAIL, user.email)
        said = _("We can't send email right now. Try again in a few minutes.")
        raise NoResetLink(said) from None
    record(
        "user.reset_link_emailed",
        actor=actor,
        member=user.email,
        address=client_address(request),
    )
