from __future__ import annotations

from datetime import datetime, timedelta

QUARTER = timedelta(minutes=15)


def quarter(moment: datetime) -> datetime:
    """The start of the quarter of an hour that a moment lies in."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
