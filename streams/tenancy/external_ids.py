"""The partner's own id of a customer: ids that look alike are one id, or are refused."""

from __future__ import annotations

import unicodedata

MAX_EXTERNAL_ID = 100  # characters, as the column


class InvalidExternalId(ValueError):
    """The text cannot be a workspace's id; the message says why, to people."""


def clean_external_id(text: str) -> str:
    """The id without spaces around it, in Unicode's composed form (NFC).

    Raises InvalidExternalId.
    """
    if text.isascii() and text.isprintable():
        cleaned = text.strip()
    else:
        cleaned = unicodedata.normalize("NFC", text).strip()
        for character in cleaned:
            if character != " " and unicodedata.category(character)[0] in "CZ":
                raise InvalidExternalId(
                    "The id contains a character that cannot be seen"
                    f" (U+{ord(character):04X})."
                )
    if not 1 <= len(cleaned) <= MAX_EXTERNAL_ID:
        raise InvalidExternalId(f"The id needs 1 to {MAX_EXTERNAL_ID} characters.")
    return cleaned
