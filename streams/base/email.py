"""Email. An email server that is down causes nothing else to fail."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from email import policy as policies
from enum import Enum
from smtplib import SMTPConnectError, SMTPException, SMTPServerDisconnected
from typing import TYPE_CHECKING

import structlog
from django.core.mail import EmailMultiAlternatives

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from email.message import EmailMessage as BuiltMessage

    from django.core.mail import EmailMessage

log = structlog.get_logger()

# smtplib and the network raise OSError; an address or a header that can't be encoded raises
# ValueError.
MAIL_ERRORS = (OSError, ValueError)
MAX_LINE_LENGTH = 998  # characters (RFC 5322, 2.1.1)

_background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_unsent: set[Future[bool]] = set()


class _Message(EmailMultiAlternatives):
    """An email whose lines stay whole: a long link can be copied from the raw message.

    Python wraps lines of more than 78 characters, as quoted-printable.
    """

    def message(self, *, policy: policies.Policy | None = None) -> BuiltMessage:
        policy = policy or policies.default
        whole_lines = policy.clone(max_line_length=MAX_LINE_LENGTH)
        built = super().message(policy=whole_lines)
        built.policy = policy  # headers are still folded
        return built


def message(
    subject: str,
    body: str,
    to: Sequence[str],
    *,
    html: str = "",
    reply_to: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """Return a plain-text email, with an HTML version if there is one.

    Line breaks in the subject become spaces.
    """
    email = _Message(
        " ".join(subject.split()),
        body,
        to=to,
        reply_to=reply_to,
        headers=dict(headers or {}),
    )
    if html:
        email.attach_alternative(html, "text/html")
    return email


class EmailFailure(Enum):
    """Why an email was not sent."""

    UNREACHABLE = "unreachable"  # the server doesn't respond, or stops doing so
    REFUSED = "refused"  # it responds with an error, or the email can't be encoded


def send(email: EmailMessage, *, about: str) -> bool:
    """Pass an email to the email server. Logs the failure and returns False if it refuses."""
    return deliver(email, about=about) is None


def deliver(email: EmailMessage, *, about: str) -> EmailFailure | None:
    """Pass an email to the email server. Logs and returns the failure, if any."""
    try:
        email.send()
    except MAIL_ERRORS as error:
        log.error(  # noqa: TRY400 - a traceback would contain the addresses
            "mail.not_sent", about=about, error=type(error).__name__
        )
        refused = isinstance(error, (SMTPException, ValueError)) and not isinstance(
            error, (SMTPServerDisconnected, SMTPConnectError)
        )
        return EmailFailure.REFUSED if refused else EmailFailure.UNREACHABLE
    return None


def send_soon(email: EmailMessage, *, about: str) -> None:
    """Send an email from another thread.

    No one waits for the email server, and the response time doesn't reveal whether there was
    an email to send.
    """
    future = _background.submit(send, email, about=about)
    _unsent.add(future)
    future.add_done_callback(_unsent.discard)


def wait_until_sent() -> None:
    """Wait until every email of `send_soon` was sent, or refused."""
    wait(tuple(_unsent))
