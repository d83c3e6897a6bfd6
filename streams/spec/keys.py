"""How the keys of properties and traits are spelled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from streams.spec.places import Fault, Style, Table
from streams.spec.rules import RULES

LONGEST_KEY = 127  # characters: what Redshift takes as the name of a column

_SNAKE_CASE = re.compile(r"[^\W_]++(?:_[^\W_]++)*+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_TOO_LONG = Fault(
    RULES["SPEC-KEY-003"],
    f"A key has more than {LONGEST_KEY} characters: no column of Redshift can have that name.",
    "Give it a short name, and send what varies as a value.",
)
_NUMBERS = Fault(
    RULES["SPEC-KEY-002"],
    "Keys are numbered, as {path}: each becomes a column of its own.",
    "Send a list, or a property that says which.",
)
_SPELLINGS = Fault(
    RULES["SPEC-TRAIT-002"],
    "{path} is there in snake_case and in camelCase: that makes two traits.",
    "Send one of them.",
)


def snake_case(key: str) -> str:
    """`firstName` and `first-name` as `first_name`."""
    parts = _HUMP.sub("_", key).replace("-", "_").replace(" ", "_")
    return parts.lower()


def is_snake_case(key: str) -> bool:
    return key == key.lower() and _SNAKE_CASE.fullmatch(key) is not None


def key_faults(keys: Collection[str], table: Table) -> Iterator[tuple[str, Fault]]:
    """What is wrong with the keys of one object, once for each rule, at the first key."""
    if table.style is Style.ANY:
        return
    free = [key for key in keys if key not in table.places and key not in table.others]
    if table.style is Style.SNAKE_CASE:
        yield from _other_cases(free)
    else:
        yield from _two_spellings(keys)
    yield from _numbered(free)
    if long := next((key for key in free if len(key) > LONGEST_KEY), None):
        yield long, _TOO_LONG


def _other_cases(keys: Iterable[str]) -> Iterator[tuple[str, Fault]]:
    others = [key for key in keys if not is_snake_case(key)]
    if not others:
        return
    more = f", and {len(others) - 1} more" if others[1:] else ""
    yield (
        others[0],
        Fault(
            RULES["SPEC-KEY-001"],
            f"{{path}} is not in snake_case{more}.",
            "Write keys so, unless your platform cannot.",
        ),
    )


def _two_spellings(keys: Iterable[str]) -> Iterator[tuple[str, Fault]]:
    known: set[str] = set()
    for key in keys:
        if (spelled := snake_case(key)) in known:
            yield key, _SPELLINGS
            return
        known.add(spelled)


def _numbered(keys: Iterable[str]) -> Iterator[tuple[str, Fault]]:
    """Two or more that differ in their number alone; one may well end in a digit."""
    stems = {key: key.rstrip("0123456789") for key in keys if key[-1:].isdigit()}
    count = Counter(stems.values())
    for key, stem in stems.items():
        if count[stem] > 1:
            yield key, _NUMBERS
            return
