"""Emails that are kept in a folder instead of being sent (EMAIL_URL=filemail://)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# Django's backend writes this after each email; a file may have several.
SEPARATOR = b"\n" + b"-" * 79 + b"\n"
KEPT = 500  # files


class OutboxBackend(EmailBackend):
    """Keeps emails in files that only the process's own user can read."""

    def open(self) -> bool:
        if not super().open():
            return False
        os.fchmod(self.stream.fileno(), 0o600)
        return True


BACKEND = f"{OutboxBackend.__module__}.{OutboxBackend.__qualname__}"


@dataclass(frozen=True, slots=True)
class KeptEmail:
    """An email, decoded. Its text may have a link that signs in: show it only to superusers."""

    at: datetime
    to: str
    subject: str
    text: str


def outbox_folder() -> Path | None:
    """Return the folder; None if emails are sent or printed."""
    mailer = settings.MAILERS["default"]
    return (
        Path(mailer["OPTIONS"]["file_path"]) if mailer["BACKEND"] == BACKEND else None
    )


def newest_emails(folder: Path, limit: int) -> list[KeptEmail]:
    """Return at most `limit` emails, newest first."""
    return list(islice(_emails(folder), limit))


def delete_old_emails(folder: Path) -> None:
    """Delete all files but the newest KEPT."""
    for file in _newest_files(folder)[KEPT:]:
        file.unlink(missing_ok=True)


def _newest_files(folder: Path) -> list[Path]:
    # A name begins with the time of the file.
    return sorted(folder.glob("*.log"), reverse=True)


def _emails(folder: Path) -> Iterator[KeptEmail]:
    parser = BytesParser(policy=policy.default)
    for file in _newest_files(folder):
        for raw in reversed(file.read_bytes().split(SEPARATOR)[:-1]):
            email = parser.parsebytes(raw)
            body = email.get_body(("plain",))
            yield KeptEmail(
                at=parsedate_to_datetime(email["Date"]),
                to=email["To"],
                subject=email["Subject"],
                text=body.get_content() if body else "",
            )
