"""What the activity log and a person's mailbox learn of their account's security.

Attackers decide how often sign-ins fail, so entries and emails about that are limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from streams.audit.services import record
from streams.base.client_address import client_address
from streams.base.mail import message, send_soon
from streams.base.rate_limit import RateLimited, consume
from streams.base.text import one_line
from streams.identity.limits import FAILED_BEFORE_EMAIL, FAILED_EMAILED, FAILED_NOTED
from streams.tenancy.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.base.rate_limit import Limit

log = structlog.get_logger()

MAX_BROWSER_LENGTH = 200

# By action: the subject and first sentence of the email.
EMAILS = {
    "user.signed_in": (
        "New sign-in to your account",
        "Someone signed in to your account from a browser that has not been used for it before.",
    ),
    "user.sign_in_failed": (
        "Failed sign-ins to your account",
        "Someone tried to sign in to your account with a wrong password 10 times today.",
    ),
    "user.password_changed": (
        "Your password was changed",
        "The password of your account was changed.",
    ),
    "user.password_reset": (
        "Your password was reset",
        "The password of your account was reset with a link from an email to you.",
    ),
    "user.password_set_by_operator": (
        "Your password was changed",
        "An operator of the portal set a new password for your account.",
    ),
    "user.email_changed_by_operator": (
        "Your email address was changed",
        "An operator changed the email of your account. This address no longer signs in.",
    ),
}
BODY = """\
{sentence}

Address: {address}
Browser: {browser}

{advice}
"""
ADVICE = """\
If this was you, you don't need to do anything. If not, set a new password now: choose
"Forgot your password?" on the sign-in page. Then tell the team that runs the portal."""
# The owner of an address that no longer signs in cannot set a password.
ADVICE_BY_ACTION = {
    "user.email_changed_by_operator": """\
If you asked for this, you don't need to do anything. If not, tell the team that runs the
portal."""
}


def signed_in(
    request: HttpRequest, user: User, *, is_known: bool, is_first: bool
) -> None:
    """A person has signed in; an email says so unless the browser is known to them."""
    extra = {} if is_known else {"new_browser": True}
    _record("user.signed_in", request, user, actor=user, **extra)
    if not is_known and not is_first:
        _email("user.signed_in", request, user.email)


def sign_in_failed(request: HttpRequest, email: str) -> None:
    """A password was wrong. Addresses without an account only go to the log."""
    user = User.objects.filter(email=email.strip().lower()).first()
    log.info(
        "sign_in.failed",
        user=user.pk if user else None,
        address=client_address(request),
    )
    if user is None:
        return
    if _is_within(FAILED_NOTED, user):
        _record("user.sign_in_failed", request, user, actor=None)
    if not _is_within(FAILED_BEFORE_EMAIL, user) and _is_within(FAILED_EMAILED, user):
        _email("user.sign_in_failed", request, user.email)


def password_changed(
    request: HttpRequest, user: User, *, action: str, actor: User | None = None
) -> None:
    """The password is another: `action` says by whom (`EMAILS`)."""
    _record(action, request, user, actor=actor or user)
    _email(action, request, user.email)


def email_changed(
    request: HttpRequest, user: User, *, before: str, actor: User
) -> None:
    """An operator changed the email that the person signs in with. Tells the old address."""
    action = "user.email_changed_by_operator"
    _record(action, request, user, actor=actor, before=before)
    _email(action, request, before)


def _is_within(limit: Limit, user: User) -> bool:
    try:
        consume(limit, str(user.pk))
    except RateLimited:
        return False
    return True


def _record(
    action: str,
    request: HttpRequest,
    user: User,
    *,
    actor: User | None,  # None: nobody knows who it was
    **extra: Any,
) -> None:
    record(
        action,
        actor=actor,
        member=user.email,
        address=client_address(request),
        browser=_browser(request),
        **extra,
    )


def _email(action: str, request: HttpRequest, to: str) -> None:
    subject, sentence = EMAILS[action]
    body = BODY.format(
        sentence=sentence,
        address=client_address(request),
        browser=_browser(request),
        advice=ADVICE_BY_ACTION.get(action, ADVICE),
    )
    send_soon(message(subject, body, [to]), about=action)


def _browser(request: HttpRequest) -> str:
    return one_line(request.headers.get("User-Agent", "unknown"))[:MAX_BROWSER_LENGTH]
