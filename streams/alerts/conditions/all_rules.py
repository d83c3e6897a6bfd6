"""All conditions."""

from __future__ import annotations

from streams.alerts.conditions import (
    delivery,
    feeds,
    issues,
    portal,
    replays,
    requests,
    streams,
    tokens,
    volume,
)

RULES = (
    *delivery.RULES,
    *feeds.RULES,
    *issues.RULES,
    *volume.RULES,
    *replays.RULES,
    *streams.RULES,
    *tokens.RULES,
    *requests.RULES,
    *portal.RULES,
)
BY_CONDITION = {rule.condition: rule for rule in RULES}
