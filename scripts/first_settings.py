"""Writes .env for the first run, with new secrets for this machine.

Does nothing if settings exist. Uses only the standard library.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / ".env"
TEMPLATE = """\
# Created by the first `make run`, to evaluate the portal on your own machine.
# For all settings, see .env.example.
SECRET_KEY={secret_key}
# Keep this key: without it, the write keys in the database cannot be decrypted.
ENCRYPTION_KEYS=k1:{encryption_key}
# Keep this key, too: without it, the identity map finds no one.
IDENTITY_KEYS=k1:{identity_key}
HTTPS=off
# Only for this demonstration: its operator and partner admin may sign in with a password alone.
REQUIRE_SECOND_FACTOR=off
ALLOWED_HOSTS=localhost,127.0.0.1,[::1]
# The demonstration's operator is notified of submissions. Emails are kept at /admin/outbox/.
REVIEW_EMAIL=olga@portal.example
"""


def main() -> None:
    if {"SECRET_KEY", "SECRET_KEY_FILE", "ENV_FILE"} & os.environ.keys():
        return
    text = TEMPLATE.format(
        secret_key=secrets.token_urlsafe(50),
        encryption_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        identity_key=base64.b64encode(secrets.token_bytes(32)).decode(),
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
    print("Created .env with secrets for this machine.")


def write(text: str) -> None:
    """Create the file, or delete it on an error, because partial settings look valid.

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
