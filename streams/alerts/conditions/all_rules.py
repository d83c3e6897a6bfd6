"""All conditions."""

from __future__ import annotations

from streams.alerts.conditions import delivery

RULES = (*delivery.RULES,)
BY_CONDITION = {rule.condition: rule for rule in RULES}
