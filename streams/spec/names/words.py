"""Compare names by their words, to find different spellings of the same name.

Matches like segmentio/analytics-events: case and separators are ignored, and the action can
come first or last. Tense and number are ignored too. All functions take time proportional
to the length of the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# `emailOpened` is email and Opened, `order2` order and 2.
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_ONE_WORD = re.compile(r"(?<![a-z])(?:e-mail|ios)", re.IGNORECASE)
_ENDINGS = ("ing", "ed", "es", "s", "e")
_STEMS = {"sent": "send", "canceled": "cancel", "cancelled": "cancel"}
_SHORTEST = 3  # letters that must remain without the ending


def words(name: str) -> list[str]:
    """Split a name into lowercase words; `e-mail` and `iOS` are one word each."""
    whole = _ONE_WORD.sub(lambda match: match[0].lower().replace("-", ""), name)
    return [word.lower() for word in _WORDS.findall(whole)]


def stem(word: str) -> str:
    """Remove tense and number from a word: `tapped`, `taps` and `tap` have the same stem."""
    known = _STEMS.get(word)
    if known is not None:
        return known
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            if word.endswith("ss"):  # process
                break
            word = word.removesuffix(ending)
            break
    if word.endswith("i"):  # denied, deny
        return word[:-1] + "y"
    if len(word) > _SHORTEST and word[-1] == word[-2] != "s":  # tapped, tap
        return word[:-1]
    return word


def key(name_words: Sequence[str]) -> str:
    """Return a key that is equal for different spellings of a name."""
    return "".join(map(stem, name_words))


def action_at(name_words: Sequence[str]) -> int | None:
    """Return the index of the action in a Spec name, or None."""
    for at, word in enumerate(name_words):
        if word.endswith("ed") or word in ("sent", "playing"):
            return at
    return None


def orders(name: str) -> set[str]:
    """Return the keys of a Spec name: as is, and with the action before the object."""
    return {key(form) for form in forms(name)}


def forms(name: str) -> list[list[str]]:
    """Return the words of a Spec name: as is, and with the action before the object."""
    plain = words(name)
    at = action_at(plain)
    orders = [plain]
    if at:
        before, action, after = plain[:at], plain[at : at + 1], plain[at + 1 :]
        orders += [[*action, *before, *after], [*action, *after, *before]]
    return orders
