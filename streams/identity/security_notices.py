"""Activity log entries and emails about the security of a person's account.

Entries and emails about failed sign-ins are limited, because attackers can cause any number
of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.audit.services import record
from streams.base.client_address import client_address
from streams.base.email import message, send_soon
from streams.base.rate_limit import RateLimited, consume
from streams.base.text.validation import one_line
from streams.identity.sign_in_limits import (
    FAILED_BEFORE_EMAIL,
    FAILED_EMAILED,
    FAILED_NOTED,
)
from streams.tenancy.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.base.rate_limit import RateLimit

log = structlog.get_logger()

MAX_BROWSER_LENGTH = 200

# Subject and first sentence of the email, by action.
EMAILS = {
    "user.signed_in": (
        _("New sign-in to your account"),
        _("Someone signed in to your Partner Portal account from a new browser."),
    ),
    "user.sign_in_failed": (
        _("Failed sign-ins to your account"),
        _(
            "There were 10 attempts today to sign in to your Partner Portal account with a"
            " wrong password."
        ),
    ),
    "user.password_changed": (
        _("Your password was changed"),
        _("The password of your Partner Portal account was changed."),
    ),
    "user.password_reset": (
        _("Your password was reset"),
        _(
            "The password of your Partner Portal account was reset with a link that we"
            " emailed to you."
        ),
    ),
    "user.password_set_by_operator": (
        _("Your password was changed"),
        _("An operator set a new password for your Partner Portal account."),
    ),
    "user.email_changed_by_operator": (
        _("Your email address was changed"),
        _(
            "An operator changed the email address of your Partner Portal account. You can"
            " no longer sign in with this address."
        ),
    ),
}
ADVICE = _(
    "If this was you, you don't need to do anything. If it wasn't, reset your password now:"
    ' choose "Forgot your password?" on the sign-in page. Then contact the team that runs'
    " the portal."
)
# An address that can't sign in anymore can't reset a password either.
ADVICE_BY_ACTION = {
    "user.email_changed_by_operator": _(
        "If you requested this, you don't need to do anything. If you didn't, contact the"
        " team that runs the portal."
    )
}


def signed_in(
    request: HttpRequest, user: User, *, is_known: bool, is_first: bool
) -> None:
    """Record a sign-in, and email the person if it came from a new browser."""
    extra = {} if is_known else {"new_browser": True}
    _record("user.signed_in", request, user, actor=user, **extra)
    if not is_known and not is_first:
        _email("user.signed_in", request, user.email)


def sign_in_failed(request: HttpRequest, email: str) -> None:
    """Record a wrong password. For an address without an account, only write a log line."""
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
    """Record a new password and email the person; `action` is a key of `EMAILS`."""
    _record(action, request, user, actor=actor or user)
    _email(action, request, user.email)


def email_changed(
    request: HttpRequest, user: User, *, before: str, actor: User
) -> None:
    """Record that an operator changed the person's email, and notify the old address."""
    action = "user.email_changed_by_operator"
    _record(action, request, user, actor=actor, before=before)
    _email(action, request, before)


def _is_within(limit: RateLimit, user: User) -> bool:
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
    actor: User | None,  # None: unknown
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
    origin = {"address": client_address(request), "browser": _browser(request)}
    paragraphs = [
        str(sentence),
        gettext("IP address: %(address)s\nBrowser: %(browser)s") % origin,
        str(ADVICE_BY_ACTION.get(action, ADVICE)),
        gettext("Partner Portal"),
    ]
    body = "\n\n".join(paragraphs) + "\n"
    send_soon(message(str(subject), body, [to]), about=action)


def _browser(request: HttpRequest) -> str:
    return one_line(request.headers.get("User-Agent", "unknown"))[:MAX_BROWSER_LENGTH]
