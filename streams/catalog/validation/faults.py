"""Which rules report the same fault.

Two rules can object to one fault: "Order Finished" is not in the plan (PLAN-EVENT-001), and
it is another name for the Spec's Order Completed (SPEC-NAME-005). Issues are one fault if their
rules are in the same group below, and they concern the same path of events with the same
name. All other rules are alone.
"""

from __future__ import annotations

from streams.catalog.plans.rules import EVENT, PROPERTY, TYPE

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
