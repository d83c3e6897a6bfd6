"""What the Spec says of the name of a track event."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from streams.spec.collisions import LONGEST, collision
from streams.spec.data import EVENTS
from streams.spec.findings import Severity
from streams.spec.rules import RULES

if TYPE_CHECKING:
    from streams.spec.findings import Finding
    from streams.spec.readings import Readings

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
# Between spaces and underscores: a number, a date, something long with digits in it.
_VALUE = re.compile(
    r"[#№]?\d[\d.,]*%?|\d{4}[-/.]\d\d?([-/.]\d\d?)?|\d\d?[-/.]\d\d?[-/.]\d{2,4}"
    r"|(?=[a-f-]*\d)[0-9a-f-]{8,}",
    re.IGNORECASE,
)
# From one @ to the next, else each would be followed to the end: in quadratic time.
_ADDRESS = re.compile(r"\S@[^\s@]+\.[^\s@]|://|\bwww\.")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|<[^<>]*>|%[sd]\b")
_DOTTED = re.compile(r"[a-z]\.[a-z]")
_CAMEL_CASE = re.compile(r"[a-z]|.*[a-z][A-Z]")
_VERSION = re.compile(r"v\d+")  # as in “Order Cancelled (v2)”
_AROUND = "()[]{}<>:;,.!?\"'“”‘’"

_WITH_VALUE = RULES["SPEC-NAME-009"].finding(
    "event",
    "The name holds a value: a number, date, id, address or placeholder.",
    "Name the kind of event, and send the value as a property.",
)
_OTHER_CASE = RULES["SPEC-NAME-010"].finding(
    "event",
    "Segment asks partners for names in Title Case, with spaces: “Email Opened”.",
    "Write it so, unless your platform cannot.",
)


def name_findings(name: str, readings: Readings) -> tuple[Finding, ...]:
    """What is wrong with a track event's name, gravest first."""
    if name in EVENTS:
        return ()
    if len(name) > LONGEST:  # may be anything: not worth remembering
        return _findings.__wrapped__(name, readings)
    return _findings(name, readings)


@lru_cache(maxsize=4096)
def _findings(name: str, readings: Readings) -> tuple[Finding, ...]:
    found = collision("track", name, readings)
    findings = [found.finding()] if found else []
    if has_value(name):
        findings.append(_WITH_VALUE)
    certain = found is not None and found.certainty is not Severity.HINT
    if not certain and not is_title_case(name):
        findings.append(_OTHER_CASE)
    return tuple(findings)


def has_value(name: str) -> bool:
    """Whether the name would be another one for another thing of the same kind."""
    if _ADDRESS.search(name) or _PLACEHOLDER.search(name):
        return True
    parts = name.replace("_", " ").split()
    return any(_VALUE.fullmatch(part.strip(_AROUND)) for part in parts)


def is_title_case(name: str) -> bool:
    """Words with spaces between them, and capitals; `iOS` and the like may stand first."""
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
