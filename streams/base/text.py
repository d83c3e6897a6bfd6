"""Text that people type: names for others to read, and email addresses."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

# Control characters with line breaks, line and paragraph separators, lone surrogates, and
# the characters that make what follows them run the other way (U+202E and its kind): they
# can make one name look like another, and a page or an email around it unreadable.
# U+200E, U+200F and U+061C stay: Hebrew and Arabic names need them.
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
LAYOUT = re.compile(r"[\t\r\n]")
MAX_EMAIL_LENGTH = 254  # characters (RFC 5321, 4.5.3.1.3)
EMAIL = re.compile(r"[^\s@]++@(?:[^\s@.]++\.)++[^\s@.]++")


def validate_one_line(value: object) -> None:
    """For names: refuse control characters. Raises ValidationError, which says which."""
    if found := FORBIDDEN.search(str(value)):
        raise ValidationError(
            f"Remove the hidden character U+{ord(found[0]):04X}. Line breaks, control"
            " characters and characters that change the reading direction are not allowed.",
            code="hidden_character",
        )


def validate_lines(value: object) -> None:
    """For longer texts: the same, but tabs and line breaks are fine. Raises ValidationError."""
    validate_one_line(LAYOUT.sub(" ", str(value)))


def looks_like_email(text: str) -> bool:
    """Whether the whole text has the form of an email address.

    Longer than RFC 5321 allows: it does not, and nothing of it is read.
    """
    return len(text) <= MAX_EMAIL_LENGTH and EMAIL.fullmatch(text) is not None


def one_line(value: str) -> str:
    """The text with a space in place of each such character, and none at its ends."""
    return FORBIDDEN.sub(" ", value).strip()
