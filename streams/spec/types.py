"""The types of values in the Spec's tables and in tracking plans."""

from __future__ import annotations

_ALL: frozenset[type] = frozenset({str, int, float, bool, dict, list})

# The Python types of decoded values. Null counts as no value.
KINDS: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int, float}),
    "float": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "date": frozenset({str}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "unspecified": _ALL,  # in the Spec
    "any": _ALL,  # in plans
}

# Their names in messages.
WANTED: dict[str, str] = {
    "string": "a string", "number": "a number", "integer": "an integer",
    "float": "a number", "boolean": "a boolean", "date": "an ISO 8601 date",
    "object": "an object", "array": "an array", "unspecified": "a value", "any": "a value",
}  # fmt: skip
GOT: dict[type, str] = {
    str: "a string", int: "a number", float: "a number", bool: "a boolean",
    dict: "an object", list: "an array",
}  # fmt: skip
