"""The one place that reads the clock; everything that decides is passed `now`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def iso_ms(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, as Segment's libraries write it."""
    # Without its zone: with it, `isoformat` takes more than twice as long, and ingest
    # writes a time into every event.
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"
