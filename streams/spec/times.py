from __future__ import annotations

from datetime import UTC, datetime


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 date or time in UTC, read as UTC where it names no zone.

    None: it cannot be read.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # overflow: a zone moves it out of the calendar
        return None
