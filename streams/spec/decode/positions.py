"""Find the positions of values in JSON text, to show issues where they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
        position, rest = self, path
        while rest:
            inner, rest = position._step(rest)
            if inner is None:
                break
            position = inner
        return position

    def _step(self, path: str) -> tuple[JsonPosition | None, str]:
        if isinstance(self.inside, list):
            index, _, rest = path.partition(".")
            inside = index.isdecimal() and int(index[:9]) < len(self.inside)
            return (self.inside[int(index)] if inside else None), rest
        words = path.split(".", _MOST_DOTS)
        for count in range(len(words), 0, -1):  # a key may contain dots
            inner = (self.inside or {}).get(".".join(words[:count]))
            if inner is not None:
                return inner, ".".join(words[count:])
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
    (`spec.decode.structure` does that).
    """
    locator = _Locator()
    for start, end in _tokens(text):
        locator.read(text, start, end)
    if locator.open or locator.root is None:
        raise InvalidJson(
            len(text.rstrip()), "The text ends here, but the JSON is incomplete."
        )
    return locator.root


@dataclass(slots=True)
class _Locator:
    """The values read so far, and the token that must follow."""

    root: JsonPosition | None = None
    open: list[JsonPosition] = field(default_factory=list)  # from the outside in
    expected: _Next = _Next.VALUE
    key: str = ""  # of the next value
    key_at: int = -1  # -1: it has none

    def read(self, text: str, start: int, end: int) -> None:
        """Read the next token. Raises InvalidJson."""
        mark = text[start]
        match self.expected:
            case _Next.VALUE | _Next.VALUE_OR_END if mark not in "}],:":
                self._add_value(mark, start, end)
            case _Next.KEY | _Next.KEY_OR_END if mark == '"':
                self.key, self.key_at = json.loads(text[start:end]), start
                self.expected = _Next.COLON
            case _Next.COLON if mark == ":":
                self.expected = _Next.VALUE
            case _ if not self.open:
                message = _SECOND if self.root else _unexpected(mark, self.expected)
                raise InvalidJson(start, message)
            case _Next.COMMA_OR_END if mark == ",":
                in_object = isinstance(self.open[-1].inside, dict)
                self.expected = _Next.KEY if in_object else _Next.VALUE
            case expected if expected in _MAY_END and mark == _end_of(self.open[-1]):
                self.open.pop().end = end
                self.expected = _Next.COMMA_OR_END
            case expected:
                raise InvalidJson(start, _unexpected(mark, expected))

    def _add_value(self, mark: str, start: int, end: int) -> None:
        at = start if self.key_at < 0 else self.key_at
        position = JsonPosition(at, start, end, None)
        if not self.open:
            self.root = position
        elif isinstance(self.open[-1].inside, dict):
            self.open[-1].inside[self.key] = position
        elif self.open[-1].inside is not None:
            self.open[-1].inside.append(position)
        self.key_at, self.expected = -1, _Next.COMMA_OR_END
        if mark in "{[":
            self._open_container(position, is_object=mark == "{")

    def _open_container(self, position: JsonPosition, *, is_object: bool) -> None:
        self.open.append(position)
        if len(self.open) > MOST_DEPTH:
            message = f"This is nested more than {MAX_DEPTH} levels deep."
            raise InvalidJson(position.start, message)
        position.inside = {} if is_object else []
        self.expected = _Next.KEY_OR_END if is_object else _Next.VALUE_OR_END


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


def _end_of(container: JsonPosition) -> str:
    return "}" if isinstance(container.inside, dict) else "]"


def _unexpected(mark: str, expected: _Next) -> str:
    if mark in "}]" and expected in (_Next.KEY, _Next.VALUE):
        return "Unexpected comma before this. Remove it."
    return f"Expected {expected.value}."


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
