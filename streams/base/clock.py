"""The only module that reads the clock; code that decides takes `now` as an argument."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def iso_ms(moment: datetime) -> str:
    """Format as ISO 8601 in UTC with milliseconds and `Z`, like Segment's libraries."""
    # Without the time zone: with it, `isoformat` takes more than twice as long, and ingest
    # formats a time for every event.
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"
