"""Every rule that an event may break, of the Spec and of plans: whoever has an id asks here."""

from __future__ import annotations

from streams.catalog.plans.rules import RULES as PLAN_RULES
from streams.spec.issues import Rule, by_id
from streams.spec.rules import RULES as SPEC_RULES

# By id; the plan's first, as lists for people have them.
RULES: dict[str, Rule] = by_id(*PLAN_RULES.values(), *SPEC_RULES.values())
