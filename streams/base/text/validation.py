"""Validation of text that people enter: names, longer texts, and email addresses."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Control characters including line breaks, line and paragraph separators, lone surrogates,
# and characters that change the reading direction, such as U+202E. They can make one name
# look like another, and make the surrounding page or email unreadable.
# U+200E, U+200F, and U+061C are allowed: Hebrew and Arabic names need them.
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
LAYOUT = re.compile(r"[\t\r\n]")
# Invisible characters without a telling category: joiners, fillers, the blank Braille pattern,
# and variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code)
    for codes in (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
    for code in codes
}
MAX_EMAIL_LENGTH = 254  # characters (RFC 5321, 4.5.3.1.3)
EMAIL = re.compile(r"[^\s@]++@(?:[^\s@.]++\.)++[^\s@.]++")


def validate_one_line(value: object) -> None:
    """Refuse names with control characters, and names without a visible character.

    Raises ValidationError, which names the character.
    """
    text = str(value)
    _validate_characters(text)
    if text and all(map(is_unseen, text)):
        raise ValidationError(
            _("This text is invisible. Enter at least one letter or digit."),
            code="hidden_character",
        )


def _validate_characters(text: str) -> None:
    if match := FORBIDDEN.search(text):
        raise ValidationError(
            _(
                "Remove the hidden character %(code)s. Line breaks, control characters, and"
                " characters that change the reading direction aren't allowed."
            )
            % {"code": f"U+{ord(match[0]):04X}"},
            code="hidden_character",
        )


def validate_lines(value: object) -> None:
    """Refuse the same characters in longer texts, but allow tabs and line breaks.

    Raises ValidationError.
    """
    _validate_characters(LAYOUT.sub(" ", str(value)))


def is_unseen(character: str) -> bool:
    """Whether the character shows nothing: a space, a joiner, a filler."""
    return unicodedata.category(character)[0] in "CZ" or character in _UNSEEN


def looks_like_email(text: str) -> bool:
    """Whether the whole text has the form of an email address.

    A text that is longer than RFC 5321 allows isn't examined.
    """
    return len(text) <= MAX_EMAIL_LENGTH and EMAIL.fullmatch(text) is not None


def one_line(value: str) -> str:
    """Return the text trimmed, with each forbidden character replaced by a space."""
    return FORBIDDEN.sub(" ", value).strip()
