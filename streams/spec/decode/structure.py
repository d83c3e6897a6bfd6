"""Decode events, and check that they are JSON that Segment and every store can read.

Events are decoded completely. This finds invalid UTF-8, lone surrogates and numbers out of
range on the way, and costs less than searching the bytes for them (docs/architecture.md,
"Ingest").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from streams.spec.rules import RULES

if TYPE_CHECKING:
    from streams.spec.issues import Issue

MAX_EVENT_BYTES = 32 * 1024
MAX_DEPTH = 64

_decode = msgspec.json.Decoder().decode
# An unterminated string extends to the last byte. Otherwise each quote in it would be tried
# as a start, in quadratic time.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_TO_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_TOO_MANY_DIGITS = b"0" * 309  # the largest double has as many before the decimal point


class MalformedEvent(ValueError):
    """The bytes are not a valid event; `issue` is the reason."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.message)
        self.issue = issue


def read_event(sent: bytes) -> dict[str, Any]:
    """Decode one event. Raises MalformedEvent."""
    if len(sent) > MAX_EVENT_BYTES:
        raise MalformedEvent(too_large(len(sent)))
    return read_object(sent)


def read_object(sent: bytes) -> dict[str, Any]:
    """Decode a JSON object of any size that is safe to forward. Raises MalformedEvent."""
    if deeper_than(sent, MAX_DEPTH):
        raise MalformedEvent(_TOO_DEEP)
    try:
        value = _decode(sent)
    # ValueError: invalid UTF-8, or an integer with thousands of digits.
    except (msgspec.DecodeError, ValueError, RecursionError) as failure:
        raise MalformedEvent(_why(sent, failure)) from None
    if not isinstance(value, dict):
        raise MalformedEvent(_NOT_AN_OBJECT)
    if _TOO_MANY_DIGITS in sent.translate(_TO_ZEROS) and _has_huge_integer(value):
        raise MalformedEvent(_OUT_OF_RANGE)
    return value


def deeper_than(sent: bytes, limit: int) -> bool:
    """Whether objects and lists are nested deeper than the limit."""
    if sent.count(b"{") + sent.count(b"[") <= limit:
        return False
    depth = 0
    for bracket in _STRINGS.sub(b"", sent).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False


def too_large(size: int) -> Issue:
    return RULES["SPEC-SIZE-001"].issue(
        "",
        f"The event has {size:,} bytes. The limit is {MAX_EVENT_BYTES:,}.",
        "Omit unused properties, or store large values elsewhere and send links to them.",
    )


def _has_huge_integer(value: object) -> bool:
    """Whether the value contains an integer that exceeds the range of doubles."""
    if isinstance(value, dict):
        return any(map(_has_huge_integer, value.values()))
    if isinstance(value, list):
        return any(map(_has_huge_integer, value))
    return type(value) is int and abs(value) >= 10**308


def _why(sent: bytes, failure: Exception) -> Issue:
    """Find the reason why decoding failed. Slow: only for refused events."""
    try:
        text = sent.decode()
    except UnicodeDecodeError as invalid:
        return RULES["SPEC-JSON-002"].issue(
            "",
            f"The event is not valid UTF-8: byte {invalid.start} can't be decoded.",
            "Encode the body as UTF-8.",
        )
    if "out of range" in str(failure):
        return _OUT_OF_RANGE
    try:
        value = json.loads(text, parse_constant=_refuse(_NOT_A_NUMBER))
        json.dumps(value, ensure_ascii=False).encode()
    except MalformedEvent as malformed:
        return malformed.issue
    except UnicodeEncodeError:  # Python's decoder accepts lone surrogates
        return _LONE_SURROGATE
    except (ValueError, RecursionError):
        pass  # described by the message below
    return RULES["SPEC-JSON-001"].issue(
        "",
        f"The event is not valid JSON: {_plain(failure)}.",
        "Create the body with a JSON library instead of concatenating strings.",
    )


def _plain(failure: Exception) -> str:
    """Return the decoder's reason, which contains a position but no content."""
    return str(failure).removeprefix("JSON is malformed: ").rstrip(".")


def _refuse(issue: Issue) -> Callable[[str], Any]:
    def refuse(_: str) -> Any:
        raise MalformedEvent(issue)

    return refuse


_NOT_AN_OBJECT = RULES["SPEC-JSON-001"].issue(
    "",
    "The event is not a JSON object.",
    'Send an object, such as {"userId": "u1", …}.',
)
_NOT_A_NUMBER = RULES["SPEC-JSON-003"].issue(
    "",
    "NaN and Infinity are not valid JSON.",
    "Omit the property, or send null.",
)
_OUT_OF_RANGE = RULES["SPEC-JSON-003"].issue(
    "",
    "A number is too large: JSON parsers would read it as infinite.",
    "Send it as a string, or omit it.",
)
_LONE_SURROGATE = RULES["SPEC-JSON-004"].issue(
    "",
    "A string contains half of a character (a lone surrogate such as \\ud800).",
    "Don't split strings within a character, such as an emoji.",
)
_TOO_DEEP = RULES["SPEC-JSON-005"].issue(
    "",
    f"Objects and arrays are nested more than {MAX_DEPTH} levels deep.",
    "Flatten the properties. Segment's warehouses flatten them anyway.",
)
