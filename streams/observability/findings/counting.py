"""Counts findings in the memory of one process, until they are written down.

What is counted is what was observed, and no ledger: a process that is killed loses the
counts of its last seconds, and never an event.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from streams.observability.findings.models import MOST_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from streams.spec.findings import Finding

# In all: some 30 MB, should the database be away for long.
MOST_TALLIES = 10_000


class Key(NamedTuple):
    """What is counted together, of a feed or of a stream; `rule` and `name` empty: what is
    over the bound."""

    owner_id: int
    rule: str
    name: str

    @property
    def others(self) -> Key:
        return Key(self.owner_id, "", "")


@dataclass(slots=True)
class Tally:
    """How many events there were by the hour, and what one of them was like."""

    finding: Finding | None  # None: of others
    sample: str
    first_at: datetime
    last_at: datetime
    hours: Counter[datetime] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)
        self.hours.update(other.hours)


def hour_of(at: datetime) -> datetime:
    """The start of its hour."""
    return at.replace(minute=0, second=0, microsecond=0)


class FindingCounter:
    """Safe between threads. What it holds is bounded, however long nobody takes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[Key, Tally] = {}
        self._kinds: Counter[int] = Counter()  # by feed
        self._left_out = 0

    def count(
        self,
        feed_id: int,
        name: str,
        findings: Sequence[Finding],
        *,
        at: datetime,
        sample: Callable[[], str],
    ) -> None:
        """Count one event once for each rule that it broke.

        `sample` is called where the rule and name have not been seen lately.
        """
        hour = hour_of(at)
        # The first of a rule is the one that is kept.
        by_rule = {finding.rule: finding for finding in reversed(findings)}
        with self._lock:
            for rule, finding in by_rule.items():
                key = self._key(Key(feed_id, rule, name))
                tally = self._tallies.get(key)
                if tally is None:
                    known = key.rule != ""
                    tally = Tally(
                        finding if known else None, sample() if known else "", at, at
                    )
                    if not self._keep(key, tally):
                        continue
                tally.last_at = max(tally.last_at, at)
                tally.hours[hour] += 1

    def take(self) -> tuple[dict[Key, Tally], int]:
        """All that was counted since, to be written down; and of how many events there
        was no room to count a finding."""
        with self._lock:
            taken, left_out = self._tallies, self._left_out
            self._tallies, self._left_out = {}, 0
            self._kinds.clear()
        return taken, left_out

    def give_back(self, tallies: Mapping[Key, Tally]) -> None:
        """What could not be written down counts again."""
        with self._lock:
            for given, tally in tallies.items():
                key = self._key(given)
                kept = self._tallies.get(key)
                if kept is not None:
                    kept.add(tally)
                else:
                    self._keep(key, tally)

    def _key(self, key: Key) -> Key:
        """The key itself, or where a feed has too many of them, that of its others."""
        if key in self._tallies or self._kinds[key.owner_id] < MOST_KINDS:
            return key
        return key.others

    def _keep(self, key: Key, tally: Tally) -> bool:
        if len(self._tallies) >= MOST_TALLIES:
            self._left_out += max(1, tally.hours.total())
            return False
        self._tallies[key] = tally
        if key.rule:
            self._kinds[key.owner_id] += 1
        return True
