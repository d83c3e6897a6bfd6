"""Check the spelling of the keys of properties and traits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from streams.spec.content.value_specs import KeyStyle, KeyTable, UnplacedIssue
from streams.spec.rules import RULES

LONGEST_KEY = 127  # characters, the limit of column names in Redshift

_SNAKE_CASE = re.compile(r"[^\W_]++(?:_[^\W_]++)*+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_TOO_LONG = UnplacedIssue(
    RULES["SPEC-KEY-003"],
    f"A key has more than {LONGEST_KEY} characters, the limit of column names in Redshift.",
    "Use a shorter key, and send variable parts as values.",
)
_NUMBERS = UnplacedIssue(
    RULES["SPEC-KEY-002"],
    "Keys are numbered, such as {path}. Each one becomes a separate warehouse column.",
    "Send an array, or a property that identifies the item.",
)
_SPELLINGS = UnplacedIssue(
    RULES["SPEC-TRAIT-002"],
    "{path} is sent in both snake_case and camelCase, which creates two traits.",
    "Send only one of them.",
)


def snake_case(key: str) -> str:
    """Convert `firstName` and `first-name` to `first_name`."""
    parts = _HUMP.sub("_", key).replace("-", "_").replace(" ", "_")
    return parts.lower()


def is_snake_case(key: str) -> bool:
    return key == key.lower() and _SNAKE_CASE.fullmatch(key) is not None


def key_issues(
    keys: Collection[str], table: KeyTable
) -> Iterator[tuple[str, UnplacedIssue]]:
    """Yield the issues of an object's keys, one per rule, at the first key concerned."""
    if table.style is KeyStyle.ANY:
        return
    free = [
        key
        for key in keys
        if key not in table.value_specs and key not in table.misspellings
    ]
    if table.style is KeyStyle.SNAKE_CASE:
        yield from _other_cases(free)
    else:
        yield from _two_spellings(keys)
    yield from _numbered(free)
    if long := next((key for key in free if len(key) > LONGEST_KEY), None):
        yield long, _TOO_LONG


def _other_cases(keys: Iterable[str]) -> Iterator[tuple[str, UnplacedIssue]]:
    others = [key for key in keys if not is_snake_case(key)]
    if not others:
        return
    message = "{path} is not in snake_case."
    if more := len(others) - 1:
        message = f"{{path}} and {more} more {'key' if more == 1 else 'keys'} are not in snake_case."
    yield (
        others[0],
        UnplacedIssue(
            RULES["SPEC-KEY-001"],
            message,
            "Use snake_case, unless your platform doesn't support it.",
        ),
    )


def _two_spellings(keys: Iterable[str]) -> Iterator[tuple[str, UnplacedIssue]]:
    known: set[str] = set()
    for key in keys:
        if (spelled := snake_case(key)) in known:
            yield key, _SPELLINGS
            return
        known.add(spelled)


def _numbered(keys: Iterable[str]) -> Iterator[tuple[str, UnplacedIssue]]:
    """Find keys that differ only in a number. A single key may end in a digit."""
    stems = {key: key.rstrip("0123456789") for key in keys if key[-1:].isdigit()}
    count = Counter(stems.values())
    for key, stem in stems.items():
        if count[stem] > 1:
            yield key, _NUMBERS
            return
