"""Recent issues by fault: one row, whichever rules report it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.validation.faults import fault_of
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from streams.observability.issues.models import IssueKind
    from streams.observability.issues.queries import IssueGroup

GRAVEST_FIRST = list(Severity)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in events of one name, by one or more rules, the leading one first.

    An event that breaks several of the rules counts once for each, so the counts are those
    of the rule with the most events.
    """

    groups: Sequence[IssueGroup]

    @property
    def kind(self) -> IssueKind:
        """The issue whose message and fix are shown."""
        return self.groups[0].kind

    @property
    def severity(self) -> Severity:
        return Severity(self.kind.severity)

    @property
    def rules(self) -> list[str]:
        return [group.kind.rule for group in self.groups]

    @property
    def day(self) -> int:
        """Events in the last 24 hours."""
        return max(group.day for group in self.groups)

    @property
    def week(self) -> int:
        return max(group.week for group in self.groups)

    @property
    def by_hour(self) -> list[int]:
        """The last 24 hours, the current one last."""
        hours = zip(*(group.by_hour for group in self.groups), strict=True)
        return [max(counts) for counts in hours]

    @property
    def first_seen_at(self) -> datetime:
        return min(group.kind.first_seen_at for group in self.groups)

    @property
    def last_seen_at(self) -> datetime:
        return max(group.kind.last_seen_at for group in self.groups)


def faults(groups: Iterable[IssueGroup]) -> list[Fault]:
    """Group issues by fault: the most severe first, then those with the most events."""
    by_fault: dict[tuple[str, str, str], list[IssueGroup]] = defaultdict(list)
    for group in groups:
        kind = group.kind
        if kind.rule:  # else issues beyond the limit
            by_fault[fault_of(kind.rule, kind.name, kind.path)].append(group)
    found = [Fault(sorted(same, key=_leading)) for same in by_fault.values()]
    return sorted(
        found, key=lambda f: (GRAVEST_FIRST.index(f.severity), -f.day, -f.week)
    )


def _leading(group: IssueGroup) -> tuple[int, bool, str]:
    """Order the rules of a fault: the most severe, and the Spec's, whose fix is specific."""
    rule = group.kind.rule
    severity = GRAVEST_FIRST.index(Severity(group.kind.severity))
    return severity, rule.startswith("PLAN-"), rule
