"""Names as words: when two names are one, spelled otherwise.

As segmentio/analytics-events matches: case does not count, nor does what stands between
words, and the action may come first or last. Tense and number do not count either.
Everything here takes time in proportion to the name's length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# `emailOpened` is email and Opened, `order2` order and 2.
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_ONE_WORD = re.compile(r"(?<![a-z])(?:e-mail|ios)", re.IGNORECASE)
_ENDINGS = ("ing", "ed", "es", "s", "e")
_STEMS = {"sent": "send", "canceled": "cancel", "cancelled": "cancel"}
_SHORTEST = 3  # letters that an ending must leave


def words(name: str) -> list[str]:
    """Its words, in lower case; `e-mail` and `iOS` are one each."""
    whole = _ONE_WORD.sub(lambda found: found[0].lower().replace("-", ""), name)
    return [word.lower() for word in _WORDS.findall(whole)]


def stem(word: str) -> str:
    """A word without what tells its tense or number: `tapped`, `taps` and `tap` are one."""
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
    """The same for names that are one; nothing stands between its words."""
    return "".join(map(stem, name_words))


def action_at(name_words: Sequence[str]) -> int | None:
    """Where the action of a Spec name stands; None: it has none."""
    for at, word in enumerate(name_words):
        if word.endswith("ed") or word in ("sent", "playing"):
            return at
    return None


def orders(name: str) -> set[str]:
    """Keys of a Spec name: as it stands, and with the action before its object."""
    return {key(form) for form in forms(name)}


def forms(name: str) -> list[list[str]]:
    """The words of a Spec name: as it stands, and with the action before its object."""
    plain = words(name)
    at = action_at(plain)
    found = [plain]
    if at:
        before, action, after = plain[:at], plain[at : at + 1], plain[at + 1 :]
        found += [[*action, *before, *after], [*action, *after, *before]]
    return found
