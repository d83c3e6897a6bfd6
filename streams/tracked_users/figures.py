"""How many people Segment counts as monthly tracked users (MTU), by stream.

That is the number of userIds, and of anonymousIds that no event has together with a userId.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from streams.tracked_users.kinds import IdKind
from streams.tracked_users.models import TrackedUsers
from streams.tracked_users.sketch import Estimate, Sketch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

_NONE = Sketch()


@dataclass(frozen=True, slots=True)
class MonthPeople:
    """The people of one or several feeds in a month."""

    sketches: Mapping[IdKind, Sketch] = field(default_factory=dict)

    @property
    def tracked(self) -> Sketch:
        """The people whom Segment counts because of this tool's events."""
        of, tied = self._of, self._of(IdKind.TIED)
        return of(IdKind.USER) | (of(IdKind.ANONYMOUS) - tied)

    @property
    def others(self) -> Sketch:
        """The people whom Segment counts because of other tools' events, if it forwards them."""
        return self._of(IdKind.OTHERS_USER) | self._of(IdKind.OTHERS_ANONYMOUS)

    @property
    def knows_others(self) -> bool:
        """Whether events of other tools arrived from Segment."""
        return bool(self.others.hashes)

    @property
    def size(self) -> Estimate:
        return self.tracked.size

    @property
    def only_here(self) -> Estimate | None:
        """Those whom only this tool's events have; None: the others are unknown."""
        return (self.tracked - self.others).size if self.knows_others else None

    def with_ties_of(self, all_feeds: MonthPeople) -> MonthPeople:
        """Return these people, with what all feeds of the workspace know about them."""
        shared = (IdKind.TIED, IdKind.OTHERS_USER, IdKind.OTHERS_ANONYMOUS)
        known = {kind: all_feeds._of(kind) for kind in shared}
        return MonthPeople({**self.sketches, **known})

    def _of(self, kind: IdKind) -> Sketch:
        return self.sketches.get(kind, _NONE)


@dataclass(frozen=True, slots=True)
class WorkspaceMonths:
    """The people of a workspace's feeds, by month."""

    by_feed: Mapping[tuple[date, int], MonthPeople]

    def of_feed(self, feed_id: int, month: date) -> MonthPeople:
        """Return the people in a feed's events."""
        own = self.by_feed.get((month, feed_id), MonthPeople())
        return own.with_ties_of(self.of_all(month))

    def counts(self, feed_id: int, month: date) -> bool:
        """Whether people in a feed's events were counted in a month."""
        own = self.by_feed.get((month, feed_id), MonthPeople()).sketches
        return IdKind.USER in own or IdKind.ANONYMOUS in own

    def of_all(self, month: date) -> MonthPeople:
        """Return the people in the events of all feeds, each counted once."""
        return _together(
            people for (at, _feed_id), people in self.by_feed.items() if at == month
        )


def months_of(feed_ids: Collection[int], months: Collection[date]) -> WorkspaceMonths:
    """Return the people in these months, with one query. The feeds are of one workspace."""
    rows = TrackedUsers.objects.filter(feed__in=feed_ids, month__in=months)
    found: defaultdict[tuple[date, int], dict[IdKind, Sketch]] = defaultdict(dict)
    for month, feed_id, kind, sketch in rows.values_list(
        "month", "feed_id", "kind", "sketch"
    ):
        found[month, feed_id][IdKind(kind)] = Sketch.unpack(bytes(sketch))
    return WorkspaceMonths({key: MonthPeople(of) for key, of in found.items()})


def _together(parts: Iterable[MonthPeople]) -> MonthPeople:
    found: defaultdict[IdKind, list[Sketch]] = defaultdict(list)
    for part in parts:
        for kind, sketch in part.sketches.items():
            found[kind].append(sketch)
    return MonthPeople({kind: reduce(or_, some) for kind, some in found.items()})
