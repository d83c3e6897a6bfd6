"""A language without a catalog: gettext returns accented texts that are 40% longer.

Save changes → ⟦Šááṽéé çĥááñğééš·⟧

A text in plain letters on a page did not come from gettext, and a layout that fits
these texts also fits German or Finnish.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.test import override_settings
from django.utils.translation import trans_real

CODE = "en-xa"
LONGER = 1.4
OPENS, CLOSES = "⟦⟧"

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ACCENTED = "ÁƁÇÐÉƑĞĤÍĴĶĻṀÑÓÞǪŔŠŢÚṼŴẊÝŽáƀçðéƒğĥíĵķļṁñóþǫŕšţúṽŵẋýž"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_VOWEL = re.compile(r"[aeiou]")
# Values, tags and entities must stay unchanged.
_KEPT = re.compile(
    r"(%\([^)]*\)[-#0 +]*[\d.*]*[a-zA-Z]|%[-#0 +]*[\d.]*[a-zA-Z%]|\{\{.*?\}\}|\{[^{}]*\}"
    r"|</?[a-zA-Z!][^<>]*>|&(?:#\d+|\w+);)"
)


def pseudo(text: str) -> str:
    """Accent and lengthen a text. Placeholders, tags and entities stay."""
    if not text.strip():
        return text
    parts = _KEPT.split(text)  # texts at even indexes, unchanged parts at odd ones
    letters = sum(len(part) for part in parts[::2])
    missing = round(letters * (LONGER - 1))
    for place in range(0, len(parts), 2):
        parts[place], missing = _lengthened(parts[place], missing)
        parts[place] = parts[place].translate(_ACCENTS)
    more = ("····· " * missing)[:missing]
    return f"{OPENS}{''.join(parts)}{more}{CLOSES}"


def _lengthened(text: str, missing: int) -> tuple[str, int]:
    """Double as many vowels as letters are missing; also return how many still are."""
    if not missing:
        return text, 0
    longer = _VOWEL.sub(lambda found: found[0] * 2, text, count=missing)
    return longer, missing - len(longer) + len(text)


class PseudoTranslations(gettext.NullTranslations):
    """Translations for every text."""

    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return pseudo(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)

    def to_language(self) -> str:
        return CODE

    def language(self) -> str:
        return CODE


@contextmanager
def pseudo_locale() -> Iterator[None]:
    """Use the language in every thread, including those of a live server."""
    with override_settings(LANGUAGE_CODE=CODE):
        trans_real._translations[CODE] = PseudoTranslations()
        try:
            yield
        finally:
            del trans_real._translations[CODE]
