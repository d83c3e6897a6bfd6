from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

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
