"""Recent issues by fault: one row, whichever rules report it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Concat

from streams.catalog.validation.faults import SAME_FAULT, fault_of
from streams.observability.issues.models import IssueKind
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

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


def leading_first() -> Concat:
    """Return the expression that orders kinds as `faults` orders the rules of a fault."""
    return Concat(
        Case(
            *(
                When(severity=severity, then=Value(str(place)))
                for place, severity in enumerate(GRAVEST_FIRST)
            ),
            default=Value("9"),
        ),
        Case(When(rule__startswith="PLAN-", then=Value("1")), default=Value("0")),
        F("rule"),
        output_field=CharField(),
    )


def leading_kinds(kinds: QuerySet[IssueKind]) -> QuerySet[IssueKind]:
    """Leave out kinds of a fault that another rule of the same events leads."""
    fault = Case(
        *(When(rule__in=rules, then=Value(name)) for name, rules in SAME_FAULT.items()),
        default=F("rule"),
        output_field=CharField(),
    )
    same = IssueKind.objects.annotate(fault=fault, place=leading_first()).filter(
        Q(feed=OuterRef("feed")) | Q(stream=OuterRef("stream")),
        name=OuterRef("name"),
        path=OuterRef("path"),
        fault=OuterRef("fault"),
        place__lt=OuterRef("place"),
    )
    grouped = [rule for rules in SAME_FAULT.values() for rule in rules]
    led = Q(Exists(same), rule__in=grouped)
    return kinds.annotate(fault=fault, place=leading_first()).exclude(led)


def same_faults(kinds: Collection[IssueKind]) -> dict[int, list[IssueKind]]:
    """Return all kinds of each kind's fault, the leading one first, by ID, in one query."""
    near = IssueKind.objects.filter(
        Q(feed__in={kind.feed_id for kind in kinds if kind.feed_id})
        | Q(stream__in={kind.stream_id for kind in kinds if kind.stream_id}),
        name__in={kind.name for kind in kinds},
    )
    by_fault: dict[object, list[IssueKind]] = defaultdict(list)
    for kind in near.order_by(leading_first()):
        by_fault[_place(kind)].append(kind)
    return {kind.pk: by_fault[_place(kind)] or [kind] for kind in kinds}


def _place(kind: IssueKind) -> tuple[object, ...]:
    fault = fault_of(kind.rule, kind.name, kind.path)
    return kind.feed_id, kind.stream_id, *fault


def _leading(group: IssueGroup) -> tuple[int, bool, str]:
    """Order the rules of a fault: the most severe, and the Spec's, whose fix is specific."""
    rule = group.kind.rule
    severity = GRAVEST_FIRST.index(Severity(group.kind.severity))
    return severity, rule.startswith("PLAN-"), rule
