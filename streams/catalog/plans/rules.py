"""The rules that a plan makes: their ids never change, programs act on them."""

from __future__ import annotations

from streams.spec.findings import Rule, Severity, by_id

EVENT = Rule("PLAN-EVENT-001", Severity.ERROR, "An event that is not planned")
REQUIRED = Rule("PLAN-REQUIRED-001", Severity.ERROR, "A required property is missing")
TYPE = Rule("PLAN-TYPE-001", Severity.ERROR, "A property of another type")
PROPERTY = Rule("PLAN-PROPERTY-001", Severity.WARNING, "A property that is not planned")

RULES: dict[str, Rule] = by_id(EVENT, REQUIRED, TYPE, PROPERTY)
