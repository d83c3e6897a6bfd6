"""What the Spec says to a plan, before anybody builds what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.plans.samples import sample
from streams.spec.check import check
from streams.spec.findings import Severity

if TYPE_CHECKING:
    from streams.catalog.plans.plan import EventPlan, PlannedEvent
    from streams.spec.findings import Finding


@dataclass(frozen=True, slots=True)
class Objection:
    """Something that the Spec finds in an event of the plan, told by its sample."""

    event: PlannedEvent
    finding: Finding

    @property
    def forbids(self) -> bool:
        """Whether it keeps the plan from being published: Segment would turn it down."""
        return self.finding.severity is Severity.ERROR


def objections(plan: EventPlan) -> list[Objection]:
    """Event by event; those that forbid publishing first."""
    found = [
        Objection(event, finding)
        for event in plan.events
        for finding in check(sample(event, user_id="u1"))
    ]
    return sorted(found, key=lambda one: not one.forbids)
