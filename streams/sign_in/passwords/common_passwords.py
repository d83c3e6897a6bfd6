"""A password validator against Django's list of common passwords and a list of breached ones."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator

BREACHED = Path(__file__).resolve().parent / "breached.txt.gz"


class CommonPasswordsValidator(CommonPasswordValidator):
    """Refuses the passwords of both lists, with one error and one help text."""

    def __init__(self) -> None:
        super().__init__()
        self.passwords |= CommonPasswordValidator(BREACHED).passwords
