"""Check the name of a track event against the Spec."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from streams.spec.issues import Severity
from streams.spec.names.collisions import LONGEST, collision
from streams.spec.rules import RULES
from streams.spec.spec_data import EVENTS

if TYPE_CHECKING:
    from streams.spec.issues import Issue
    from streams.spec.spec_exceptions import SpecExceptions

_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "of",
        "off",
        "on",
        "or",
        "out",
        "per",
        "the",
        "to",
        "up",
        "via",
        "with",
    ]
)
# A word that is a number, a date, or a long hexadecimal ID.
_VALUE = re.compile(
    r"[#№]?\d[\d.,]*%?|\d{4}[-/.]\d\d?([-/.]\d\d?)?|\d\d?[-/.]\d\d?[-/.]\d{2,4}"
    r"|(?=[a-f-]*\d)[0-9a-f-]{8,}",
    re.IGNORECASE,
)
# Stops at the next @, to avoid quadratic time.
_ADDRESS = re.compile(r"\S@[^\s@]+\.[^\s@]|://|\bwww\.")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|<[^<>]*>|%[sd]\b")
_DOTTED = re.compile(r"[a-z]\.[a-z]")
_CAMEL_CASE = re.compile(r"[a-z]|.*[a-z][A-Z]")
_VERSION = re.compile(r"v\d+")  # such as in “Order Cancelled (v2)”
_AROUND = "()[]{}<>:;,.!?\"'“”‘’"

_WITH_VALUE = RULES["SPEC-NAME-009"].issue(
    "event",
    "The name contains a value: a number, date, ID, address, or placeholder.",
    "Use one name for all events of this kind, and send the value as a property.",
)
_OTHER_CASE = RULES["SPEC-NAME-010"].issue(
    "event",
    "Segment asks partners for event names in Title Case with spaces, such as “Email Opened”.",
    "Use Title Case, unless your platform doesn't support it.",
)


def name_issues(name: str, readings: SpecExceptions) -> tuple[Issue, ...]:
    """Return the issues of a track event's name, by severity."""
    if name in EVENTS:
        return ()
    if len(name) > LONGEST:  # unlikely to occur again: not cached
        return _issues.__wrapped__(name, readings)
    return _issues(name, readings)


@lru_cache(maxsize=4096)
def _issues(name: str, readings: SpecExceptions) -> tuple[Issue, ...]:
    found = collision("track", name, readings)
    issues = [found.issue()] if found else []
    if has_value(name):
        issues.append(_WITH_VALUE)
    certain = found is not None and found.certainty is not Severity.HINT
    if not certain and not is_title_case(name):
        issues.append(_OTHER_CASE)
    return tuple(issues)


def has_value(name: str) -> bool:
    """Whether the name contains a value, so that it varies between events of one kind."""
    if _ADDRESS.search(name) or _PLACEHOLDER.search(name):
        return True
    parts = name.replace("_", " ").split()
    return any(_VALUE.fullmatch(part.strip(_AROUND)) for part in parts)


def is_title_case(name: str) -> bool:
    """Whether the words are capitalized and separated by spaces; `iOS` may come first."""
    if "_" in name or "::" in name or _DOTTED.search(name):
        return False
    parts = [part.strip(_AROUND) for part in name.split()]
    if len(parts) == 1 and _CAMEL_CASE.match(parts[0]):
        return False
    if name.isupper() and any(len(part) > 5 for part in parts):
        return False
    return not any(
        part.islower() and part not in _SMALL and not _VERSION.fullmatch(part)
        for part in parts
    )
