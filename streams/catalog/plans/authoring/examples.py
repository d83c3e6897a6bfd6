"""Parse and format examples as people type them: plain text or JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext as _

TEXTS = frozenset({"string", "date"})


def read(text: str, kind: str) -> Any:
    """Parse text that was typed as the example of a property of type `kind`.

    Text in quotes is parsed as JSON for every type, so that every value can be typed.
    Raises ValueError with a message for people.
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
            _('Enter valid JSON, for example 9.5, true, {"a": 1}, or ["a", "b"].')
        ) from error


def written(value: Any, kind: str) -> str:
    """Format a value so that `read` returns it again. None becomes an empty text."""
    if value is None:
        return ""
    if isinstance(value, str) and value == value.strip() and value.isprintable():
        try:
            if value and read(value, kind) == value:
                return value
        except ValueError:
            pass  # the value has another type than planned: show it as JSON
    return msgspec.json.encode(value).decode()
