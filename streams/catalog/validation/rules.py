"""Every rule that an event may break: those of plans, of the Spec, and about its person."""

from __future__ import annotations

from streams.catalog.plans.rules import RULES as PLAN_RULES
from streams.spec.identity_rules import RULES as IDENTITY_RULES
from streams.spec.issues import Rule, by_id
from streams.spec.rules import RULES as SPEC_RULES

# By ID. The plan rules come first, as in the lists that people see.
RULES: dict[str, Rule] = by_id(
    *PLAN_RULES.values(), *SPEC_RULES.values(), *IDENTITY_RULES.values()
)
