"""Counts issues in the memory of one process until they are stored.

The counts are observations, not a ledger: a process that is killed loses the counts of its
last seconds, but never an event.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from streams.observability.issues.models import MOST_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from streams.spec.issues import Issue

MOST_PATHS = 20  # of one rule that are noted
_INDEX = re.compile(r"(?<=\.)[0-9]+(?=\.|$)")
# In total; about 30 MB during a long outage of the database.
MOST_TALLIES = 10_000


class IssueKey(NamedTuple):
    """Identifies a count of a feed or stream. An empty `rule` and `name` stand for all the
    issues beyond the limit."""

    owner_id: int
    rule: str
    name: str

    @property
    def others(self) -> IssueKey:
        return IssueKey(self.owner_id, "", "")


@dataclass(slots=True)
class IssueTally:
    """The number of events per hour, and one of them as an example."""

    issue: Issue | None  # None for the issues beyond the limit
    sample: str
    first_at: datetime
    last_at: datetime
    hours: Counter[datetime] = field(default_factory=Counter)
    paths: dict[str, None] = field(default_factory=dict)  # in order, up to MOST_PATHS

    def note(self, path: str) -> None:
        """Add a path of an issue; items of a list count as one place."""
        if path not in self.paths and len(self.paths) < MOST_PATHS:
            self.paths[place_of(path)] = None

    def add(self, other: IssueTally) -> None:
        for path in other.paths:
            self.note(path)
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)
        self.hours.update(other.hours)


def place_of(path: str) -> str:
    """Return a path with `$` for the items of lists, as tracking plans write it."""
    return _INDEX.sub("$", path)


def hour_of(at: datetime) -> datetime:
    """Return the start of the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


class IssueCounter:
    """Counts issues. It is thread-safe, and its size is bounded even if nothing is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[IssueKey, IssueTally] = {}
        self._kinds: Counter[int] = Counter()  # by feed
        self._left_out = 0

    def count(
        self,
        feed_id: int,
        name: str,
        issues: Sequence[Issue],
        *,
        at: datetime,
        sample: Callable[[], str],
    ) -> None:
        """Count one event, once for each rule that it broke.

        `sample` is called only if the rule and name have not been seen recently.
        """
        hour = hour_of(at)
        # Keep the first issue of each rule.
        by_rule = {issue.rule: issue for issue in reversed(issues)}
        noted: dict[str, IssueTally] = {}
        with self._lock:
            for rule, issue in by_rule.items():
                key = self._key(IssueKey(feed_id, rule, name))
                tally = self._tallies.get(key)
                if tally is None:
                    known = key.rule != ""
                    tally = IssueTally(
                        issue if known else None, sample() if known else "", at, at
                    )
                    if not self._keep(key, tally):
                        continue
                tally.last_at = max(tally.last_at, at)
                tally.hours[hour] += 1
                noted[rule] = tally
            for issue in issues:
                if issue.rule in noted:
                    noted[issue.rule].note(issue.path)

    def take(self) -> tuple[dict[IssueKey, IssueTally], int]:
        """Take all counts to store them, and the number of issues that exceeded the limit."""
        with self._lock:
            taken, left_out = self._tallies, self._left_out
            self._tallies, self._left_out = {}, 0
            self._kinds.clear()
        return taken, left_out

    def give_back(self, tallies: Mapping[IssueKey, IssueTally]) -> None:
        """Add counts that could not be stored."""
        with self._lock:
            for given, tally in tallies.items():
                key = self._key(given)
                kept = self._tallies.get(key)
                if kept is not None:
                    kept.add(tally)
                else:
                    self._keep(key, tally)

    def _key(self, key: IssueKey) -> IssueKey:
        """Return the key, or that of the others if the feed has too many keys."""
        if key in self._tallies or self._kinds[key.owner_id] < MOST_KINDS:
            return key
        return key.others

    def _keep(self, key: IssueKey, tally: IssueTally) -> bool:
        if len(self._tallies) >= MOST_TALLIES:
            self._left_out += max(1, tally.hours.total())
            return False
        self._tallies[key] = tally
        if key.rule:
            self._kinds[key.owner_id] += 1
        return True
