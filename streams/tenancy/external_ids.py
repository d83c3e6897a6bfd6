"""The partner's own id of a customer: ids that look alike are one id, or are refused."""

from __future__ import annotations

import unicodedata

from streams.base.text import is_unseen

MAX_EXTERNAL_ID = 100  # characters, as the column
# As it is sent: composed, it is shorter. Normalization takes quadratic time for many
# combining marks, so what is longer is not normalized at all.
MAX_SENT = 4 * MAX_EXTERNAL_ID

# Unicode's own names for forms that look like other characters: full and half width,
# ligatures, and the forms of Arabic letters. Not those that look different, such as 2 and ².
_SAME_LOOK = {
    "<wide>", "<narrow>", "<compat>", "<initial>", "<medial>", "<final>", "<isolated>",
}  # fmt: skip


class InvalidExternalId(ValueError):
    """The text cannot be a workspace's id; the message says why, to people."""


def clean_external_id(text: str) -> str:
    """The id without spaces around it, in Unicode's composed form (NFC), and with plain
    characters for those that only differ in width or shape.

    Raises InvalidExternalId.
    """
    if text.isascii() and text.isprintable():
        cleaned = text.strip()
    elif len(text) > MAX_SENT:
        raise _wrong_length()
    else:
        plain = "".join(map(_plain, text))
        cleaned = unicodedata.normalize("NFC", plain).strip()
        for character in cleaned:
            if character != " " and is_unseen(character):
                raise InvalidExternalId(
                    "The id contains a character that cannot be seen"
                    f" (U+{ord(character):04X})."
                )
    if not 1 <= len(cleaned) <= MAX_EXTERNAL_ID:
        raise _wrong_length()
    return cleaned


def _wrong_length() -> InvalidExternalId:
    return InvalidExternalId(f"The id needs 1 to {MAX_EXTERNAL_ID} characters.")


def _plain(character: str) -> str:
    kind = unicodedata.decomposition(character).partition(" ")[0]
    if kind not in _SAME_LOOK:
        return character
    plain = unicodedata.normalize("NFKC", character)
    # A filler is a form of another filler; the refusal names the one that was sent.
    return character if any(is_unseen(c) and c != " " for c in plain) else plain
