from __future__ import annotations

from datetime import datetime, timedelta

QUARTER = timedelta(minutes=15)


def quarter(moment: datetime) -> datetime:
    """Return the start of the quarter of an hour of a moment."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
