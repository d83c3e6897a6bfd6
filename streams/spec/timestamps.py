"""Parse the timestamps of events, and check them against the Spec."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from streams.spec.rules import RULES

if TYPE_CHECKING:
    from streams.spec.issues import Issue

CLOCK_SKEW = timedelta(minutes=5)  # how far a tool's clock may be ahead of ours
_FIRST_TIME = "1970-01-01"
_FUTURE = RULES["SPEC-TIME-002"].issue(
    "timestamp",
    "timestamp is in the future.",
    "Send the time of the event with its time zone, and check the sender's clock.",
)
_TOO_OLD = RULES["SPEC-TIME-003"].issue(
    "timestamp",
    "timestamp is before 1970. Segment's Engage doesn't accept such events.",
    "Send the time of the event. Don't send 0 for an unknown time.",
)

# Allowed by RFC 3339, but not by Python: lowercase t and z, and second 60.
_LEAP_SECOND = re.compile(r"(.{10}[T ]\d\d:\d\d:)60(.*)", re.ASCII)


def parse_time(text: str) -> datetime | None:
    """Parse a date or time. Without a zone, it is in UTC.

    Accepts all forms of RFC 3339, and the forms of ISO 8601 that Python parses. A leap
    second becomes the next second. Returns None if the text is invalid or out of range.
    """
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # overflow: out of range in UTC
        pass
    upper = text.upper()
    leap = _LEAP_SECOND.fullmatch(upper)
    try:
        if leap is None:
            return _in_utc(datetime.fromisoformat(upper))
        moment = datetime.fromisoformat(f"{leap[1]}59{leap[2]}")
        return _in_utc(moment + timedelta(seconds=1))
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def check_time(text: Any, now: datetime, issues: list[Issue]) -> None:
    """Add the issues of a readable timestamp. Unreadable ones are skipped."""
    if type(text) is not str:
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment > now + CLOCK_SKEW:
        issues.append(_FUTURE)
    elif text < _FIRST_TIME:
        issues.append(_TOO_OLD)
