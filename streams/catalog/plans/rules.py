"""The rules of tracking plans. IDs never change: programs depend on them."""

from __future__ import annotations

from streams.spec.issues import Rule, Severity, by_id

EVENT = Rule("PLAN-EVENT-001", Severity.ERROR, "Event not in the plan")
REQUIRED = Rule("PLAN-REQUIRED-001", Severity.ERROR, "Missing required property")
TYPE = Rule("PLAN-TYPE-001", Severity.ERROR, "Wrong property type")
PROPERTY = Rule("PLAN-PROPERTY-001", Severity.WARNING, "Property not in the plan")

RULES: dict[str, Rule] = by_id(EVENT, REQUIRED, TYPE, PROPERTY)
