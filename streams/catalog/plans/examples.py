"""An example as people type it: a text as it is, all else as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

TEXTS = frozenset({"string", "date"})


def read(text: str, kind: str) -> Any:
    """What is meant by a text that is typed as the example of such a property.

    A text in quotes is read as JSON whatever the type, so that every value can be typed.
    Raises ValueError, which says what to do.
    """
    if not text:
        return None
    if kind in TEXTS and not text.startswith('"'):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        if kind == "any" or kind in TEXTS:
            return text
        raise ValueError(
            'This is not JSON. Write it as 9.5, true, {"a": 1} or ["a", "b"].'
        ) from error


def written(value: Any, kind: str) -> str:
    """What `read` makes this value of; empty: None."""
    if value is None:
        return ""
    if isinstance(value, str) and value == value.strip() and value.isprintable():
        try:
            if value and read(value, kind) == value:
                return value
        except ValueError:
            pass  # of another type than the plan says: shown as JSON
    return msgspec.json.encode(value).decode()
