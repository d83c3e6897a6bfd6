from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

# Allowed by RFC 3339, and unknown to Python: t and z in lower case, and second 60.
_LEAP_SECOND = re.compile(r"(.{10}[T ]\d\d:\d\d:)60(.*)", re.ASCII)


def parse_time(text: str) -> datetime | None:
    """A date or time in UTC, read as UTC where it names no zone.

    Every form of RFC 3339, and those of ISO 8601 that Python reads. A leap second is the
    one after it. None: it cannot be read, or is out of the calendar.
    """
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # overflow: a zone moves it out of the calendar
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
