"""The share of a fault's events in all events of that name, for both of its counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from streams.events.name_estimates import NameEstimate, estimate_names
from streams.observability.issues.queries import DAY

if TYPE_CHECKING:
    from datetime import datetime

    from streams.events.models import Feed
    from streams.observability.issues.faults import Fault

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares in percent; 0: less than 1; None: not known, or there were no events."""

    day: int | None = None
    week: int | None = None


@dataclass(frozen=True, slots=True)
class NameEstimates:
    """How many events of each name a feed received in the last 24 hours, and 7 days."""

    day: NameEstimate
    week: NameEstimate

    @classmethod
    def load(cls, feed: Feed, now: datetime) -> NameEstimates:
        """Estimate the names of a feed, in bounded time."""
        return cls(estimate_names(feed, now - DAY), estimate_names(feed, now - WEEK))

    def shares(self, fault: Fault, *, is_blocked: bool) -> Shares:
        """Return both shares of a fault, or none: one alone looks like a contradiction.

        Events that the fault blocks are not in the log that the estimates are about.
        """
        name = fault.kind.name
        day = _share(self.day, fault.day, name, is_blocked=is_blocked)
        week = _share(self.week, fault.week, name, is_blocked=is_blocked)
        if week is None or (fault.day and day is None):
            return Shares()
        return Shares(day, week)


def _share(
    names: NameEstimate, events: int, name: str, *, is_blocked: bool
) -> int | None:
    known = names.of(name)
    if is_blocked:  # too few in the log to tell: nearly all were blocked
        known = known or 0
    if known is None or not events:
        return None
    if not is_blocked and known < events / 2:
        return None  # most were blocked, too: in another mode, or in every mode
    whole = known + events if is_blocked else max(known, events)
    percent = 100 * events / whole
    return round(percent) if percent >= 1 else 0
