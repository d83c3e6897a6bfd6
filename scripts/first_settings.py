"""Writes .env for the first run: secrets of its own, for this machine alone.

Does nothing where there are settings already. Needs the standard library alone.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / ".env"
TEMPLATE = """\
# Made by the first `make run`, for a look at the portal on one's own machine.
# Every setting is explained in .env.example.
SECRET_KEY={secret_key}
# Without this key the write keys in the database cannot be read any more: keep it.
ENCRYPTION_KEYS=k1:{encryption_key}
HTTPS=off
ALLOWED_HOSTS=localhost,127.0.0.1,[::1]
# Who hears of what partners submit: the demonstration's staff. Mails go to the console.
REVIEW_EMAIL=olga@portal.example
"""


def main() -> None:
    if {"SECRET_KEY", "SECRET_KEY_FILE", "ENV_FILE"} & os.environ.keys():
        return
    text = TEMPLATE.format(
        secret_key=secrets.token_urlsafe(50),
        encryption_key=base64.b64encode(secrets.token_bytes(32)).decode(),
    )
    try:
        write(text)
    except FileExistsError:
        return
    except OSError as error:
        sys.exit(
            f"{FILE} cannot be written: {error.strerror}. Free space, or run make as the"
            f" owner of {FILE.parent}, and try again."
        )
    print("Wrote .env: secrets for this machine.")


def write(text: str) -> None:
    """Create the file with the text, or not at all: half of it would pass for settings.

    Raises OSError.
    """
    file = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w") as new:
            new.write(text)
    except OSError:
        FILE.unlink()
        raise


if __name__ == "__main__":
    main()
