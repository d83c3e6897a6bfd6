"""The types of values, as the Spec's tables and event plans name them."""

from __future__ import annotations

_ALL: frozenset[type] = frozenset({str, int, float, bool, dict, list})

# The Python types that a decoded value of each may have; null is no value.
KINDS: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int, float}),
    "float": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "date": frozenset({str}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "unspecified": _ALL,  # the Spec does not say
    "any": _ALL,  # the plan does not
}

# What a finding calls them.
WANTED: dict[str, str] = {
    "string": "a text", "number": "a number", "integer": "a whole number",
    "float": "a number", "boolean": "true or false", "date": "an ISO 8601 date",
    "object": "an object", "array": "a list", "unspecified": "a value", "any": "a value",
}  # fmt: skip
GOT: dict[type, str] = {
    str: "a text", int: "a number", float: "a number", bool: "true or false",
    dict: "an object", list: "a list",
}  # fmt: skip
