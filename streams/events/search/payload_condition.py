"""Conditions on the content of events, which have no column and no index.

A payload is the exact JSON that we encoded, so an event with a value contains the bytes of
that value. The database looks for these bytes; the decoded event decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from django.db.models import BinaryField, BooleanField, F, Func, Q, Value

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

MAX_PATH = 20  # keys


class InvalidProperty(ValueError):
    """The text is no path, = and value."""


class PayloadCondition(Protocol):
    """A condition on the decoded event."""

    def prefilter(self) -> Q:
        """Return a condition for the database that all matching events meet."""

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the decoded event matches."""


class PayloadContains(Func):
    """Whether the payload contains these bytes."""

    template = "(INSTR(%(expressions)s) > 0)"

    def __init__(self, needle: bytes) -> None:
        super().__init__(
            F("payload"),
            Value(needle, output_field=BinaryField()),
            output_field=BooleanField(),
        )

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Sequence[Any]]:
        swapped = self.copy()
        swapped.set_source_expressions(self.get_source_expressions()[::-1])
        return Func.as_sql(
            swapped,
            compiler,
            connection,
            template="(POSITION(%(expressions)s) > 0)",
            arg_joiner=" IN ",
            **context,
        )


@dataclass(frozen=True, slots=True)
class AnonymousIdIs:
    """The event has this anonymousId."""

    value: str

    def prefilter(self) -> Q:
        return Q(PayloadContains(_pair("anonymousId", self.value)))

    def matches(self, event: Mapping[str, Any]) -> bool:
        return event.get("anonymousId") == self.value


@dataclass(frozen=True, slots=True)
class UserIdIs:
    """The event has this userId, which is longer than the column."""

    value: str

    def prefilter(self) -> Q:
        return Q(PayloadContains(_pair("userId", self.value)))

    def matches(self, event: Mapping[str, Any]) -> bool:
        return event.get("userId") == self.value


@dataclass(frozen=True, slots=True)
class EmailIs:
    """The traits of the event, or of its context, have this email, or it in lower case.

    Many tools lowercase emails, and people type them as they read them.
    """

    value: str

    def prefilter(self) -> Q:
        condition = Q()
        for value in self._values():
            condition |= Q(PayloadContains(_pair("email", value)))
        return condition

    def matches(self, event: Mapping[str, Any]) -> bool:
        values = self._values()
        paths = (["traits", "email"], ["context", "traits", "email"])
        return any(found in values for path in paths for found in _at(event, path))

    def _values(self) -> list[str]:
        return sorted({self.value, self.value.lower()})


@dataclass(frozen=True, slots=True)
class PropertyIs:
    """The value at a path of the event, such as `properties.plan`, is this one.

    `value` is a text. If it also reads as a number, as true, false or null, that value
    matches, too, unless it was typed in quotes. A path leads through lists to their items.
    """

    path: tuple[str, ...]
    value: str
    other: float | bool | str | None  # the same text as a JSON value; a text: none

    @classmethod
    def parse(cls, text: str) -> PropertyIs:
        """Read `properties.plan = pro`. Raises InvalidProperty."""
        left, equals, right = text.partition("=")
        path, value = tuple(left.strip().split(".")), right.strip()
        if not (equals and value and all(path)) or len(path) > MAX_PATH:
            raise InvalidProperty(text)
        known = _json(value)
        if isinstance(known, str):  # in quotes
            return cls(path, known, known)
        if known is None or isinstance(known, bool | int | float):
            return cls(path, value, known)
        return cls(path, value, value)

    def needles(self) -> list[bytes]:
        """Return bytes; every payload that matches contains some of them."""
        values = {_encode(self.value)}
        if not isinstance(self.other, str):
            values |= {_encode(self.other), *_notations(self.other)}
        # Without the quote before the key, which may contain dots itself.
        key = _encode(self.path[-1])[1:] + b":"
        return sorted(key + value for value in values)

    def prefilter(self) -> Q:
        condition = Q()
        for needle in self.needles():
            condition |= Q(PayloadContains(needle))
        return condition

    def matches(self, event: Mapping[str, Any]) -> bool:
        return any(self._is(found) for found in _at(event, self.path))

    def _is(self, found: object) -> bool:
        if isinstance(found, str):
            return found == self.value
        if isinstance(self.other, str) or isinstance(found, Mapping | list):
            return False
        # In Python, True is 1.
        same_kind = isinstance(found, bool) == isinstance(self.other, bool)
        return same_kind and found == self.other


def content_conditions(
    *, anonymous_id: str = "", email: str = "", property_text: str = ""
) -> Iterator[PayloadCondition]:
    """Yield a condition for each text that isn't empty. Raises InvalidProperty."""
    if anonymous_id:
        yield AnonymousIdIs(anonymous_id)
    if email:
        yield EmailIs(email)
    if property_text:
        yield PropertyIs.parse(property_text)


def decoded(payload: bytes) -> Mapping[str, Any]:
    """Return a stored event."""
    event: Mapping[str, Any] = _decode(payload)
    return event


def _pair(key: str, value: str) -> bytes:
    return _encode(key) + b":" + _encode(value)


def _json(text: str) -> object:
    """Return the JSON value of a text; the text's lack of one is an empty mapping."""
    try:
        return _decode(text.encode())
    except (msgspec.DecodeError, ValueError):
        return {}


def _notations(number: object) -> Iterator[bytes]:
    """Yield how a number may start in JSON: 3 is also the start of 3.0."""
    if isinstance(number, bool) or number is None:
        return
    if isinstance(number, int) and abs(number) < 2**1023:
        yield _encode(float(number))
    if isinstance(number, float) and number.is_integer():
        yield str(int(number)).encode()


def _at(node: object, path: Sequence[str]) -> Iterator[object]:
    """Yield the values at a path, whose keys may contain dots themselves."""
    if not path:
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _at(item, path)
    elif isinstance(node, Mapping):
        for end in range(1, len(path) + 1):
            key = ".".join(path[:end])
            if key in node:
                yield from _at(node[key], path[end:])
