"""How many people something could add to this month's tracked users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.tracked_users.counter import month_of
from streams.tracked_users.figures import months_of
from streams.tracked_users.hashes import counted_since
from streams.tracked_users.sketch import Estimate, Sketch
from streams.tracked_users.store import months_before

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class AddedPeople:
    """The people whom Segment would count for a month, and doesn't yet.

    `at_most` is None if the portal didn't count people when the first event arrived.
    """

    month: date
    at_most: Estimate | None

    @property
    def is_none(self) -> bool:
        """Whether Segment counts all of them already."""
        return self.at_most is not None and not self.at_most

    @property
    def most(self) -> int:
        """The highest number that is likely; 0 if it is unknown."""
        return self.at_most.people + self.at_most.margin if self.at_most else 0


def added_by_replay(
    feed_id: int,
    feeds: Collection[int],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> AddedPeople:
    """Return the people who are in a feed's events of a period and not in those of this month.

    `feeds` are all feeds of the workspace. Months are compared as a whole, without reading
    events, so this is the most that a replay of some of them adds. Two queries.
    """
    this_month = month_of(now)
    replayed = _months(month_of(since), month_of(until), before=this_month)
    months = months_of(feeds, [*replayed, this_month])
    began = counted_since()
    is_late = began is not None and began > since
    if is_late or (replayed and not months.counts(feed_id, replayed[-1])):
        return AddedPeople(this_month, None)
    people = Sketch()
    for month in replayed:
        people |= months.of_feed(feed_id, month).tracked
    counted = months.of_all(this_month)
    return AddedPeople(this_month, (people - counted.tracked - counted.others).size)


def _months(first: date, last: date, *, before: date) -> list[date]:
    """Return the months from the last to the first one that are before another."""
    months, month = [], last
    while month >= first:
        if month < before:
            months.append(month)
        month = months_before(month, 1)
    return months
