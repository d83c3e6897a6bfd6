"""What to tell somebody who works on one event of a plan, before anything is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.plans.faults import event_faults
from streams.catalog.plans.from_spec import expected
from streams.catalog.plans.plan import EventPlan, PlannedEvent
from streams.catalog.plans.publishing import objections
from streams.spec.collisions import collision
from streams.spec.data import EVENTS

if TYPE_CHECKING:
    from streams.catalog.plans.publishing import Objection
    from streams.spec.readings import Readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the Spec says to an event, and what it has for it."""

    objections: tuple[Objection, ...]
    right: str  # the name to take; empty: the event's own is right, or none is known
    lacks: PlannedEvent  # the Spec's properties for it that it has not

    @property
    def more(self) -> list[str]:
        """The paths of these."""
        return [path for path, _ in self.lacks.places]

    @property
    def is_grave(self) -> bool:
        return any(one.forbids for one in self.objections)


def advice(event: PlannedEvent, readings: Readings) -> Advice:
    """For any event: one that is no part of a plan yet is judged by its name alone."""
    sound = next((one for one in (event, _bare(event)) if not event_faults(one)), None)
    told = objections(EventPlan(events=(sound,)), readings) if sound else []
    meant = collision(event.call, event.name, readings)
    right = meant.right if meant else ""
    return Advice(
        objections=tuple(told),
        right=right if right in EVENTS else "",
        lacks=expected(event, right or event.name),
    )


def _bare(event: PlannedEvent) -> PlannedEvent:
    return PlannedEvent(call=event.call, name=event.name)
