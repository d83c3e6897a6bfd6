"""The partner's own ID for a customer: look-alike IDs count as one, or are refused."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from streams.base.text.validation import is_unseen

MAX_EXTERNAL_ID = 100  # characters, as the column
# Before composition, which shortens it. Normalization takes quadratic time for many combining
# marks, so longer texts aren't normalized at all.
MAX_SENT = 4 * MAX_EXTERNAL_ID

# Unicode's tags for look-alike forms: full and half width, ligatures, and the forms of Arabic
# letters. Forms that look different, such as ², aren't included.
_SAME_LOOK = {
    "<wide>", "<narrow>", "<compat>", "<initial>", "<medial>", "<final>", "<isolated>",
}  # fmt: skip


class InvalidExternalId(ValueError):
    """The text isn't a valid workspace ID; the message is for people."""


def clean_external_id(text: str) -> str:
    """Return the ID trimmed, in Unicode's composed form (NFC), and with plain characters.

    Characters that only differ from a plain one in width or shape are replaced.
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
                    _("The ID contains an invisible character (%(code)s).")
                    % {"code": f"U+{ord(character):04X}"}
                )
    if not 1 <= len(cleaned) <= MAX_EXTERNAL_ID:
        raise _wrong_length()
    return cleaned


def _wrong_length() -> InvalidExternalId:
    return InvalidExternalId(
        _("The ID must have 1 to %(max)d characters.") % {"max": MAX_EXTERNAL_ID}
    )


def _plain(character: str) -> str:
    kind = unicodedata.decomposition(character).partition(" ")[0]
    if kind not in _SAME_LOOK:
        return character
    plain = unicodedata.normalize("NFKC", character)
    # A filler is a form of another filler. The error names the one that was sent.
    return character if any(is_unseen(c) and c != " " for c in plain) else plain
