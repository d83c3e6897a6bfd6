"""Find the positions of values in JSON text, to show issues where they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from streams.spec.decode.structure import MAX_DEPTH

_BLANK = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(
    r'[{}\[\],:]|"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
    r"|(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-])"
)
MOST_DEPTH = MAX_DEPTH + 2  # of an event in the list of a batch
_MOST_DOTS = 20  # in one key; a key with more is shown at the start of its object


class InvalidJson(ValueError):
    """The text is not valid JSON; `at` is the offset of the error."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


@dataclass(slots=True)
class JsonPosition:
    """A value in the text. Offsets are in characters."""

    at: int  # the start of its key, or of the value if it has none
    start: int
    end: int
    inside: (
        dict[str, JsonPosition] | list[JsonPosition] | None
    )  # None: neither object nor list

    def find(self, path: str) -> JsonPosition:
        """Return the value at an issue's path, or its nearest ancestor."""
        place, rest = self, path
        while rest:
            found, rest = place._step(rest)
            if found is None:
                break
            place = found
        return place

    def _step(self, path: str) -> tuple[JsonPosition | None, str]:
        if isinstance(self.inside, list):
            index, _, rest = path.partition(".")
            inside = index.isdecimal() and int(index[:9]) < len(self.inside)
            return (self.inside[int(index)] if inside else None), rest
        words = path.split(".", _MOST_DOTS)
        for count in range(len(words), 0, -1):  # a key may contain dots
            found = (self.inside or {}).get(".".join(words[:count]))
            if found is not None:
                return found, ".".join(words[count:])
        return None, ""


class _Next(Enum):
    """The expected next token, in words."""

    VALUE = "a value"
    VALUE_OR_END = "a value or ]"
    KEY = "a key in double quotes"
    KEY_OR_END = "a key in double quotes or }"
    COLON = "a colon"
    COMMA_OR_END = "a comma, or the end of the object or array"


def locate(text: str) -> JsonPosition:
    """Locate the values of a JSON text. Raises InvalidJson.

    Takes time proportional to the text. The content of numbers and strings is not checked
    (`spec.sound` does that).
    """
    root: JsonPosition | None = None
    around: list[JsonPosition] = []
    key, key_at = "", -1
    coming = _Next.VALUE
    for start, end in _tokens(text):
        mark = text[start]
        if coming in (_Next.VALUE, _Next.VALUE_OR_END) and mark not in "}],:":
            place = JsonPosition(start if key_at < 0 else key_at, start, end, None)
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
                    raise InvalidJson(
                        start, f"This is nested more than {MAX_DEPTH} levels deep."
                    )
                is_object = mark == "{"
                place.inside = {} if is_object else []
                coming = _Next.KEY_OR_END if is_object else _Next.VALUE_OR_END
        elif coming in (_Next.KEY, _Next.KEY_OR_END) and mark == '"':
            key, key_at, coming = json.loads(text[start:end]), start, _Next.COLON
        elif coming is _Next.COLON and mark == ":":
            coming = _Next.VALUE
        elif not around:
            raise InvalidJson(start, _SECOND if root else _unexpected(mark, coming))
        elif coming is _Next.COMMA_OR_END and mark == ",":
            of_object = isinstance(around[-1].inside, dict)
            coming = _Next.KEY if of_object else _Next.VALUE
        elif coming in _MAY_END and mark == _end_of(around[-1]):
            around.pop().end = end
            coming = _Next.COMMA_OR_END
        else:
            raise InvalidJson(start, _unexpected(mark, coming))
    if around or root is None:
        raise InvalidJson(
            len(text.rstrip()), "The text ends here, but the JSON is incomplete."
        )
    return root


_SECOND = (
    "Unexpected text after the JSON. Enter several events as an array, or one per line."
)
_MAY_END = (_Next.COMMA_OR_END, _Next.KEY_OR_END, _Next.VALUE_OR_END)


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each token."""
    at = _blank(text, 0)
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise InvalidJson(at, _strange(text[at : at + 8]))
        yield token.span()
        at = _blank(text, token.end())


def _blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _end_of(place: JsonPosition) -> str:
    return "}" if isinstance(place.inside, dict) else "]"


def _unexpected(mark: str, coming: _Next) -> str:
    if mark in "}]" and coming in (_Next.KEY, _Next.VALUE):
        return "Unexpected comma before this. Remove it."
    return f"Expected {coming.value}."


def _strange(begins: str) -> str:
    if begins[0] == '"':
        return "This string is not closed, or contains a line break or \\ that must be escaped."
    if begins[0] in "'‘’“”":
        return "Use straight double quotes around strings and keys."
    if begins.lstrip("+-").lower().startswith(("nan", "inf")):
        return "NaN and Infinity are not valid JSON. Use null, or omit the property."
    if begins[0] in "/#":
        return "JSON doesn't allow comments. Remove it."
    return "This is not a JSON value. Put strings in double quotes."
