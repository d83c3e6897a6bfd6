"""Text that people type: names for others to read, and email addresses."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError

# Control characters with line breaks, line and paragraph separators, lone surrogates, and
# the characters that make what follows them run the other way (U+202E and its kind): they
# can make one name look like another, and a page or an email around it unreadable.
# U+200E, U+200F and U+061C stay: Hebrew and Arabic names need them.
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
LAYOUT = re.compile(r"[\t\r\n]")
# No category tells of these that they cannot be seen: joiners, fillers, the blank of
# braille, and variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code)
    for codes in (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
    for code in codes
}
MAX_EMAIL_LENGTH = 254  # characters (RFC 5321, 4.5.3.1.3)
EMAIL = re.compile(r"[^\s@]++@(?:[^\s@.]++\.)++[^\s@.]++")


def validate_one_line(value: object) -> None:
    """For names: refuse control characters, and texts of which nothing can be seen.

    Raises ValidationError, which says which character.
    """
    text = str(value)
    _validate_characters(text)
    if text and all(map(is_unseen, text)):
        raise ValidationError(
            "Nothing of this can be seen. Enter at least one letter or digit.",
            code="hidden_character",
        )


def _validate_characters(text: str) -> None:
    if found := FORBIDDEN.search(text):
        raise ValidationError(
            f"Remove the hidden character U+{ord(found[0]):04X}. Line breaks, control"
            " characters and characters that change the reading direction are not allowed.",
            code="hidden_character",
        )


def validate_lines(value: object) -> None:
    """For longer texts: refuse the same characters, but tabs and line breaks are fine.

    Raises ValidationError.
    """
    _validate_characters(LAYOUT.sub(" ", str(value)))


def is_unseen(character: str) -> bool:
    """Whether it shows nothing, alone or beside another: spaces, joiners, fillers."""
    return unicodedata.category(character)[0] in "CZ" or character in _UNSEEN


def looks_like_email(text: str) -> bool:
    """Whether the whole text has the form of an email address.

    Longer than RFC 5321 allows: it does not, and nothing of it is read.
    """
    return len(text) <= MAX_EMAIL_LENGTH and EMAIL.fullmatch(text) is not None


def one_line(value: str) -> str:
    """The text with a space in place of each such character, and none at its ends."""
    return FORBIDDEN.sub(" ", value).strip()
