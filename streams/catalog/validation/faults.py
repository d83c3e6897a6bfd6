"""Which rules report the same fault.

Two rules can object to one fault: "Order Finished" is not in the plan (PLAN-EVENT-001), and
it is another name for the Spec's Order Completed (SPEC-NAME-005). Issues are one fault if their
rules are in the same group below, and they concern the same path of events with the same
name. All other rules are alone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from streams.catalog.plans.rules import EVENT, PROPERTY, TYPE
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.spec.issues import Issue

# By group: what the fault is in. Required properties are in none: the Spec requires none.
SAME_FAULT: dict[str, tuple[str, ...]] = {
    "name": (
        EVENT.id,
        *(f"SPEC-NAME-{number:03}" for number in range(3, 11)),
    ),
    "type of a value": (
        TYPE.id,
        "SPEC-PROPERTY-001",
        "SPEC-PROPERTY-003",
        "SPEC-MONEY-002",
        "SPEC-TRAIT-001",
        "SPEC-CONTEXT-001",
    ),
    "key": (
        PROPERTY.id,
        "SPEC-PROPERTY-004",
        "SPEC-KEY-001",
        "SPEC-KEY-002",
        "SPEC-KEY-003",
    ),
}
_GROUP_OF = {rule: group for group, rules in SAME_FAULT.items() for rule in rules}


def fault_of(rule: str, name: str, path: str) -> tuple[str, str, str]:
    """Return what identifies the fault that a rule reports for events of one name."""
    return _GROUP_OF.get(rule, rule), name, path


def faults_of(issues: Iterable[Issue]) -> list[list[Issue]]:
    """Group the issues of one event by fault: in each, the one that leads comes first."""
    by_fault: dict[tuple[str, str, str], list[Issue]] = defaultdict(list)
    for issue in issues:
        by_fault[fault_of(issue.rule, "", issue.path)].append(issue)
    return [sorted(own, key=_leading) for own in by_fault.values()]


def _leading(issue: Issue) -> tuple[int, bool]:
    """Order the issues of a fault: the most severe, and the Spec's, whose fix is specific."""
    return list(Severity).index(issue.severity), issue.rule.startswith("PLAN-")
