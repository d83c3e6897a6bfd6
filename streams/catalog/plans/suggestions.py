"""Suggest changes to an event while it is edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.plans.from_spec import expected
from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
from streams.catalog.plans.spec_review import objections
from streams.catalog.plans.validation import event_errors
from streams.spec.names.collisions import collision
from streams.spec.spec_data import EVENTS

if TYPE_CHECKING:
    from streams.catalog.plans.spec_review import SpecIssue
    from streams.spec.spec_exceptions import SpecExceptions


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSuggestions:
    """The issues of an event, and the Spec's name and properties for it."""

    objections: tuple[SpecIssue, ...]
    right: str  # the name to use; empty: keep the event's own
    lacks: PlannedEvent  # the Spec's properties that the event lacks

    @property
    def more(self) -> list[str]:
        """The paths of the lacking properties."""
        return [path for path, _ in self.lacks.places]

    @property
    def is_grave(self) -> bool:
        return any(one.forbids for one in self.objections)


def advice(event: PlannedEvent, exceptions: SpecExceptions) -> EventSuggestions:
    """Check any event. If it isn't valid in a plan, only its name is checked."""
    valid = next((one for one in (event, _bare(event)) if not event_errors(one)), None)
    issues = objections(TrackingPlan(events=(valid,)), exceptions) if valid else []
    meant = collision(event.call, event.name, exceptions)
    right = meant.right if meant else ""
    return EventSuggestions(
        objections=tuple(issues),
        right=right if right in EVENTS else "",
        lacks=expected(event, right or event.name),
    )


def _bare(event: PlannedEvent) -> PlannedEvent:
    return PlannedEvent(call=event.call, name=event.name)
