"""Retention of a stream's events, in whole days that end at midnight UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DEFAULT_DAYS = 30
# At least a week for delivery and a week of warning. At most as many partitions as
# PostgreSQL can plan over cheaply.
MIN_DAYS, MAX_DAYS = 14, 365
# Users are warned this long before undelivered events are deleted. For the same time
# after the retention was shortened, nothing is deleted.
NOTICE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RetentionPeriod:
    """A retention period, and when it was last shortened."""

    days: int = DEFAULT_DAYS
    shortened_at: datetime | None = None

    def cutoff(self, now: datetime) -> datetime:
        """Return the midnight before which everything received has expired."""
        rests = self.shortened_at is not None and now < self.shortened_at + NOTICE
        return midnight(now) - timedelta(days=MAX_DAYS if rests else self.days)

    def kept_until(self, received_at: datetime) -> datetime:
        """Return when something received at that time expires."""
        day = midnight(received_at)
        ends = day + timedelta(days=self.days + 1)
        if self.shortened_at is None:
            return ends
        longest = day + timedelta(days=MAX_DAYS + 1)
        return min(max(ends, self.shortened_at + NOTICE), longest)


def midnight(moment: datetime) -> datetime:
    """Return the start of the UTC day, which is also a partition's lower bound."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
