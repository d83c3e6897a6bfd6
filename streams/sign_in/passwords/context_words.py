"""A password validator against words that an attacker of this portal would try first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from streams.tenancy.models import User

WORDS = (
    "partner", "portal", "segment", "twilio", "stream", "workspace", "connection",
    "operator", "admin", "password", "passwort", "welcome", "login", "secret", "event",
    "changeme", "letmein",
)  # fmt: skip
MIN_OTHER_LETTERS = 4  # beside those words
_WORD = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))


class ContextWordsValidator:
    """Refuses passwords that are only `WORDS`, digits and punctuation."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password such as `Segment-Portal-2026!`."""
        lower = password.lower()
        rest, found = _WORD.subn("", lower)
        letters = sum(letter.isalpha() for letter in rest)
        if found and letters < MIN_OTHER_LETTERS:
            raise ValidationError(
                _(
                    "This password is easy to guess, because it contains little more than"
                    " words about this portal."
                ),
                code="password_context_words",
            )

    def get_help_text(self) -> str:
        return _("Your password can't consist of words about this portal.")
