"""Activity log entries and emails about the security of a person's account.

Entries and emails about failed sign-ins are limited, because attackers can cause any number
of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.utils.translation import gettext

from streams.audit.services import record
from streams.base.client_address import client_address
from streams.base.clock import now
from streams.base.email import message, send_soon
from streams.base.rate_limit import RateLimited, consume
from streams.base.text.validation import one_line
from streams.sign_in.notice_texts import ADVICE, ADVICE_BY_ACTION, EMAILS
from streams.sign_in.sign_in_limits import (
    CODES_FROM_KNOWN_BROWSER,
    FAILED_BEFORE_EMAIL,
    FAILED_CODE_BEFORE_EMAIL,
    FAILED_CODE_EMAILED,
    FAILED_CODE_NOTED,
    FAILED_EMAILED,
    FAILED_NOTED,
    FROM_KNOWN_BROWSER,
)
from streams.tenancy.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.base.rate_limit import RateLimit

log = structlog.get_logger()

MAX_BROWSER_LENGTH = 200
OF_KNOWN_BROWSERS = (FROM_KNOWN_BROWSER, CODES_FROM_KNOWN_BROWSER)


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


def sign_in_limited(request: HttpRequest, email: str, limited: RateLimited) -> None:
    """Record once per window that a browser that has signed in before is refused.

    Refusals of other browsers aren't recorded: strangers can cause any number of them.
    """
    if limited.limit not in OF_KNOWN_BROWSERS or not limited.is_first:
        return
    if user := User.objects.filter(email=email.strip().lower()).first():
        until = now() + timedelta(seconds=limited.retry_after_s)
        extra = {"until": until.isoformat(timespec="seconds")}
        _record("user.sign_in_limited", request, user, actor=None, **extra)


def password_changed(
    request: HttpRequest, user: User, *, action: str, actor: User | None = None
) -> None:
    """Record a new password and email the person; `action` is a key of `EMAILS`.

    `actor` is the operator who set it, whose address the person doesn't read.
    """
    _record(action, request, user, actor=actor or user)
    if actor:
        _send(action, user.email)
    else:
        _email(action, request, user.email)


def factor_changed(request: HttpRequest, user: User, *, action: str) -> None:
    """Record a change or use of a second factor, and email the person."""
    _record(action, request, user, actor=user)
    _email(action, request, user.email)


def sessions_ended(request: HttpRequest, user: User) -> None:
    """Record that a person ended sessions of theirs."""
    _record("user.sessions_ended", request, user, actor=user)


def email_signed_out(user: User, *, reason: str) -> None:
    """Email a person that an operator ended all their sessions, and why."""
    said = gettext("Reason: %(reason)s") % {"reason": reason}
    _send("user.signed_out_by_operator", user.email, said)


def email_reset(user: User) -> None:
    """Email a person that an operator reset their second factors on the command line."""
    _send("user.second_factor_reset", user.email)


def code_failed(request: HttpRequest, user: User) -> None:
    """Record a wrong code after the right password, and email the person if there are many."""
    log.info("sign_in.code_failed", user=user.pk, address=client_address(request))
    if _is_within(FAILED_CODE_NOTED, user):
        _record("user.code_failed", request, user, actor=None)
    many = not _is_within(FAILED_CODE_BEFORE_EMAIL, user)
    if many and _is_within(FAILED_CODE_EMAILED, user):
        _email("user.code_failed", request, user.email)


def email_changed(
    request: HttpRequest, user: User, *, before: str, actor: User
) -> None:
    """Record that an operator changed the person's email, and notify both addresses.

    The emails don't say from which IP address: it is the operator's.
    """
    action = "user.email_changed_by_operator"
    _record(action, request, user, actor=actor, before=before)
    _send(action, before)
    _send("user.email_set_by_operator", user.email)


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
    origin = {"address": client_address(request), "browser": _browser(request)}
    _send(action, to, gettext("IP address: %(address)s\nBrowser: %(browser)s") % origin)


def _send(action: str, to: str, *origin: str) -> None:
    subject, sentence = EMAILS[action]
    advice = str(ADVICE_BY_ACTION.get(action, ADVICE))
    paragraphs = [str(sentence), *origin, advice, gettext("Partner Portal")]
    body = "\n\n".join(paragraphs) + "\n"
    send_soon(message(str(subject), body, [to]), about=action)


def _browser(request: HttpRequest) -> str:
    return one_line(request.headers.get("User-Agent", "unknown"))[:MAX_BROWSER_LENGTH]
