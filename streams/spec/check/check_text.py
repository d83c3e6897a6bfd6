"""Check one event as it was sent, valid or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.spec.call_structure import structure_issues
from streams.spec.check.event import semantics
from streams.spec.content.empty_values import tidy
from streams.spec.decode.structure import MalformedEvent, read_event
from streams.spec.spec_exceptions import SAFE, SpecExceptions

if TYPE_CHECKING:
    from datetime import datetime

    from streams.spec.issues import Issue


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of checking an event."""

    event: dict[str, Any] | None  # None: it couldn't be decoded
    issues: list[Issue]
    is_valid: bool  # False: Segment would drop it, so it is refused in every mode


def check_as_sent(
    sent: bytes,
    *,
    readings: SpecExceptions = SAFE,
    now: datetime | None = None,
    allow_anonymous: bool = False,
) -> CheckResult:
    """Find the issues of an event's bytes, structure and content.

    Never raises; see `check.check`.
    """
    try:
        event = read_event(sent)
    except MalformedEvent as malformed:
        return CheckResult(None, [malformed.issue], is_valid=False)
    meant = read_event(sent)
    tidy(meant, allow_anonymous=allow_anonymous)
    structure = structure_issues(meant, allow_anonymous=allow_anonymous)
    content = semantics(meant, readings=readings, now=now)
    return CheckResult(event, structure + content, is_valid=not structure)
