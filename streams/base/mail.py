"""Email, sent so that a mail server that is down fails nothing else."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import structlog
from django.core.mail import EmailMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

log = structlog.get_logger()

# smtplib's errors and those of the network are OSErrors; an address or a header that cannot
# be written down is a ValueError.
MAIL_ERRORS = (OSError, ValueError)

_background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_unsent: set[Future[bool]] = set()


def message(
    subject: str, body: str, to: Sequence[str], *, reply_to: Sequence[str] = ()
) -> EmailMessage:
    """A plain-text email. The subject becomes one line: it is a header."""
    return EmailMessage(" ".join(subject.split()), body, to=to, reply_to=reply_to)


def send(mail: EmailMessage, *, about: str) -> bool:
    """Hand an email to the mail server; False: it was not taken, and that is logged."""
    try:
        mail.send()
    except MAIL_ERRORS as error:
        log.error(  # noqa: TRY400 - a trace would have the addresses in it
            "mail.not_sent", about=about, error=type(error).__name__
        )
        return False
    return True


def send_soon(mail: EmailMessage, *, about: str) -> None:
    """The same from another thread: nobody waits for the mail server, or learns from how
    long it took whether there was an email to send."""
    future = _background.submit(send, mail, about=about)
    _unsent.add(future)
    future.add_done_callback(_unsent.discard)


def wait_until_sent() -> None:
    """Wait for what `send_soon` has not sent yet."""
    wait(tuple(_unsent))
