"""Where in a JSON text its values stand: so that what is said of a path is shown there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from streams.spec.sound import MAX_DEPTH

_BLANK = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(
    r'[{}\[\],:]|"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
    r"|(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-])"
)
MOST_DEPTH = MAX_DEPTH + 2  # an event's, in the list of a batch
_MOST_DOTS = 20  # in one key of a path; a longer one is shown where its object begins


class Broken(ValueError):
    """The text is not JSON; `at` is the offset of what cannot stand there."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


@dataclass(slots=True)
class Place:
    """A value in the text. Offsets count characters."""

    at: int  # where its key begins; where it does itself if it has none
    start: int
    end: int
    inside: dict[str, Place] | list[Place] | None  # None: neither object nor list

    def find(self, path: str) -> Place:
        """What stands at a finding's path; where there is nothing, the nearest around it."""
        place, rest = self, path
        while rest:
            found, rest = place._step(rest)
            if found is None:
                break
            place = found
        return place

    def _step(self, path: str) -> tuple[Place | None, str]:
        if isinstance(self.inside, list):
            index, _, rest = path.partition(".")
            inside = index.isdecimal() and int(index[:9]) < len(self.inside)
            return (self.inside[int(index)] if inside else None), rest
        words = path.split(".", _MOST_DOTS)
        for count in range(len(words), 0, -1):  # a key may have dots of its own
            found = (self.inside or {}).get(".".join(words[:count]))
            if found is not None:
                return found, ".".join(words[count:])
        return None, ""


class _Next(Enum):
    """What may come next, in words."""

    VALUE = "a value"
    VALUE_OR_END = "a value or ]"
    KEY = "a key in double quotes"
    KEY_OR_END = "a key in double quotes or }"
    COLON = "a colon"
    COMMA_OR_END = "a comma, or the end of the object or list,"


def locate(text: str) -> Place:
    """The one value that the text is. Raises Broken.

    Takes time in proportion to the text. What a number or a text may hold beside its
    form is not looked at (`spec.sound`).
    """
    root: Place | None = None
    around: list[Place] = []
    key, key_at = "", -1
    coming = _Next.VALUE
    for start, end in _tokens(text):
        mark = text[start]
        if coming in (_Next.VALUE, _Next.VALUE_OR_END) and mark not in "}],:":
            place = Place(start if key_at < 0 else key_at, start, end, None)
            if not around:
                root = place
            elif isinstance(around[-1].inside, dict):
                around[-1].inside[key] = place
            elif around[-1].inside is not None:
                around[-1].inside.append(place)
            coming, key_at = _Next.COMMA_OR_END, -1
            if mark in "{[":
                around.append(place)
                if len(around) > MOST_DEPTH:
                    raise Broken(start, f"This is nested more than {MAX_DEPTH} deep.")
                is_object = mark == "{"
                place.inside = {} if is_object else []
                coming = _Next.KEY_OR_END if is_object else _Next.VALUE_OR_END
        elif coming in (_Next.KEY, _Next.KEY_OR_END) and mark == '"':
            key, key_at, coming = json.loads(text[start:end]), start, _Next.COLON
        elif coming is _Next.COLON and mark == ":":
            coming = _Next.VALUE
        elif not around:
            raise Broken(start, _SECOND if root else _unexpected(mark, coming))
        elif coming is _Next.COMMA_OR_END and mark == ",":
            of_object = isinstance(around[-1].inside, dict)
            coming = _Next.KEY if of_object else _Next.VALUE
        elif coming in _MAY_END and mark == _end_of(around[-1]):
            around.pop().end = end
            coming = _Next.COMMA_OR_END
        else:
            raise Broken(start, _unexpected(mark, coming))
    if around or root is None:
        raise Broken(len(text.rstrip()), "The text ends here, before the JSON does.")
    return root


_SECOND = "The JSON ends before this. Send several events as a list, or one a line."
_MAY_END = (_Next.COMMA_OR_END, _Next.KEY_OR_END, _Next.VALUE_OR_END)


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    """Where each begins and ends."""
    at = _blank(text, 0)
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Broken(at, _strange(text[at : at + 8]))
        yield token.span()
        at = _blank(text, token.end())


def _blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _end_of(place: Place) -> str:
    return "}" if isinstance(place.inside, dict) else "]"


def _unexpected(mark: str, coming: _Next) -> str:
    if mark in "}]" and coming in (_Next.KEY, _Next.VALUE):
        return "There is a comma before this, and nothing after it."
    return f"Here should be {coming.value}."


def _strange(begins: str) -> str:
    if begins[0] == '"':
        return "This text does not end, or holds a line break or a \\ that must be escaped."
    if begins[0] in "'‘’“”":
        return "JSON has straight double quotes around texts and keys."
    if begins.lstrip("+-").lower().startswith(("nan", "inf")):
        return "NaN and Infinity are not JSON. Send null, or leave it out."
    if begins[0] in "/#":
        return "JSON has no comments."
    return "This is no JSON value: texts stand in double quotes."
