"""The form of a condition: its query, its hold times, and the people that it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from django.db.models import F
from django.db.models.lookups import Exact

from streams.alerts.models import Alert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

Condition = Alert.Condition
# For how long something that happened is found, so that no evaluation misses it.
NEWS_FOR = timedelta(days=1)


class Recovery(Enum):
    """Whether the end of a condition is good news."""

    DELIVERED = (
        "delivered"  # if events of the connection are delivered without failures
    )
    ENDED = "ended"  # always
    NONE = "none"  # never: no one is notified


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A subject that has a condition, and since when."""

    subject: str  # as in Alert.subject
    began: datetime
    reason: str = ""
    connection: int | None = None
    feed: int | None = None
    workspace: int | None = None
    stream: int | None = None
    partner: int | None = None
    count: int | None = None  # as in Alert.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition and its hold times, which turn flapping into one alert."""

    condition: Alert.Condition
    holding: Callable[[datetime], Iterable[Held]]  # the subjects with it at a time
    # Those that got it since a time. Without it, the condition is found once a minute.
    recent: Callable[[datetime], Iterable[Held]] | None = None
    opens_after: timedelta = timedelta(0)
    closes_after: timedelta
    every_minutes: int = 1  # how often it is compared
    # Its query reads only some feeds each minute (`part`), so that no minute is expensive.
    is_spread: bool = False
    recovery: Recovery
    # How long a notice to admins of the workspace waits. One that waits is dropped if the
    # alert closes first, because failures of Segment or the portal often end before customers
    # could do anything.
    notice_waits: timedelta = timedelta(0)
    # The number of alerts of a stream from which its partner is notified (None: never), and
    # how long that notice collects them.
    partner_from: int | None
    partner_waits: timedelta = timedelta(0)
    for_operators: bool = False
    # Something that happened, such as the end of a replay: its alert is over at once.
    is_over_at_once: bool = False
    has_notices: bool = True  # False: another part of the portal sends its emails

    def is_due(self, now: datetime) -> bool:
        """Whether this minute compares it, or a part of it."""
        return self.is_spread or _minute(now) % self.every_minutes == 0

    def opens(self, began: datetime, now: datetime) -> bool:
        """Whether a condition has lasted long enough."""
        # Without a hold time, the clock of the process that noted it may be ahead.
        return not self.opens_after or began <= now - self.opens_after


def part(feed: str, parts: int, now: datetime) -> Exact:
    """Return the filter of the feeds that this minute compares, one of `parts` parts.

    `feed` is the field with the ID of the feed. Each feed always has the same minute.
    """
    return Exact(F(feed) % parts, _minute(now) % parts)


def _minute(now: datetime) -> int:
    return int(now.timestamp() // 60)
