"""How long a stream's events are kept: whole days, that end at midnight UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DEFAULT_DAYS = 30
# A week to be sent in, and a week of warning; and no more partitions than PostgreSQL
# plans over without effort.
MIN_DAYS, MAX_DAYS = 14, 365
# So long before events are deleted unsent it is said; and so long after the time was
# made shorter nothing is deleted.
NOTICE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Retention:
    """A time to keep events, and when it was last made shorter."""

    days: int = DEFAULT_DAYS
    shortened_at: datetime | None = None

    def cutoff(self, now: datetime) -> datetime:
        """The midnight before which everything received has expired by now."""
        rests = self.shortened_at is not None and now < self.shortened_at + NOTICE
        return midnight(now) - timedelta(days=MAX_DAYS if rests else self.days)

    def kept_until(self, received_at: datetime) -> datetime:
        """The first moment at which something received then has expired."""
        day = midnight(received_at)
        ends = day + timedelta(days=self.days + 1)
        if self.shortened_at is None:
            return ends
        longest = day + timedelta(days=MAX_DAYS + 1)
        return min(max(ends, self.shortened_at + NOTICE), longest)


def midnight(moment: datetime) -> datetime:
    """The start of its day in UTC, as that of a partition."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
