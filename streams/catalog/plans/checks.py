"""A plan as checks of single events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.spec.findings import error

if TYPE_CHECKING:
    from streams.catalog.plans.plan import EventPlan
    from streams.spec.findings import Finding


class PlanChecks:
    """A plan made ready to check many events. Immutable; safe between threads."""

    def __init__(self, plan: EventPlan) -> None:
        self._events = {(event.call, event.name): event for event in plan.events}

    def check(self, event: Mapping[str, Any]) -> list[Finding]:
        """Where a structurally sound event (`spec.calls.problems`) leaves the plan."""
        call = event["type"]
        name = event.get("event" if call == "track" else "name") or ""
        if (call, name) in self._events or (call, "") in self._events:
            return []
        return [
            error(
                "PLAN-EVENT-001",
                "event" if call == "track" else "type",
                "The stream's plan has no such event.",
                "Send an event of the plan, or add this one to it.",
            )
        ]
