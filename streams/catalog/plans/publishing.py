"""What the Spec says to a plan, before anybody builds what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.plans.from_spec import is_there, planned_event
from streams.catalog.plans.samples import sample
from streams.spec.check import check
from streams.spec.collisions import collision
from streams.spec.data import EVENTS
from streams.spec.findings import Severity

if TYPE_CHECKING:
    from streams.catalog.plans.plan import EventPlan, PlannedEvent
    from streams.spec.findings import Finding
    from streams.spec.readings import Readings

# Another name for a Spec event, and one on which Segment's docs disagree.
MAY_BE_ACCEPTED = {"SPEC-NAME-005", "SPEC-NAME-007"}


@dataclass(frozen=True, slots=True)
class Expected:
    """A property that the Spec has for an event."""

    path: str  # with `context.` before fields of it
    type: str  # as a plan has it; empty: the Spec does not say, or has several
    planned: bool  # whether the event has it already


@dataclass(frozen=True, slots=True)
class Objection:
    """Something that the Spec finds in an event of the plan, told by its sample."""

    event: PlannedEvent
    finding: Finding
    right: str = ""  # the Spec's name, where the objection is to the event's

    @property
    def expected(self) -> list[Expected]:
        """What the Spec has for the event that is meant; nothing where no name is right."""
        if self.right not in EVENTS:
            return []
        present = [path for path, _ in self.event.places]
        return [
            Expected(
                path, "" if one.type == "any" else one.type, is_there(path, present)
            )
            for path, one in planned_event(EVENTS[self.right]).places
        ]

    @property
    def may_be_accepted(self) -> bool:
        """Whether the stream's settings may accept the name."""
        return bool(self.right) and self.finding.rule in MAY_BE_ACCEPTED

    @property
    def forbids(self) -> bool:
        """Whether it keeps the plan from being published: Segment turns such ones down.

        So does any other name for a Spec event, until the stream's settings accept it.
        """
        grave = self.finding.severity is Severity.ERROR
        return grave or self.may_be_accepted


def objections(plan: EventPlan, readings: Readings) -> list[Objection]:
    """Those that forbid publishing first, else event by event."""
    found = [
        Objection(event, finding, _right(event, finding, readings))
        for event in plan.events
        for finding in check(sample(event, user_id="u1"), readings=readings)
    ]
    return sorted(found, key=lambda one: not one.forbids)


def _right(event: PlannedEvent, finding: Finding, readings: Readings) -> str:
    found = collision(event.call, event.name, readings)
    return found.right if found and found.rule.id == finding.rule else ""
