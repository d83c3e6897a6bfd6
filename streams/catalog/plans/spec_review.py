"""Check a plan against the Spec before it is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.plans.from_spec import is_there, planned_event
from streams.catalog.plans.samples import sample
from streams.spec.check.event import check
from streams.spec.issues import Severity
from streams.spec.names.collisions import collision
from streams.spec.spec_data import EVENTS

if TYPE_CHECKING:
    from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
    from streams.spec.issues import Issue
    from streams.spec.spec_exceptions import SpecExceptions

# A synonym of a Spec event, and a name on which Segment's docs disagree.
MAY_BE_ACCEPTED = {"SPEC-NAME-005", "SPEC-NAME-007"}


@dataclass(frozen=True, slots=True)
class SpecProperty:
    """A property that the Spec defines for an event."""

    path: str  # with `context.` before fields of it
    type: str  # as in a plan; empty: the Spec gives none or several
    planned: bool  # whether the planned event has it


@dataclass(frozen=True, slots=True)
class SpecIssue:
    """An issue with a planned event, found by checking its sample call."""

    event: PlannedEvent
    issue: Issue
    right: str = ""  # the Spec's name, if the issue is about the name

    @property
    def expected(self) -> list[SpecProperty]:
        """The Spec's properties of the event called `right`."""
        if self.right not in EVENTS:
            return []
        present = [path for path, _ in self.event.places]
        return [
            SpecProperty(
                path, "" if one.type == "any" else one.type, is_there(path, present)
            )
            for path, one in planned_event(EVENTS[self.right]).places
        ]

    @property
    def may_be_accepted(self) -> bool:
        """Whether the name can be allowed in the stream's settings."""
        return bool(self.right) and self.issue.rule in MAY_BE_ACCEPTED

    @property
    def forbids(self) -> bool:
        """Whether it prevents publishing, because Segment rejects streams for it.

        True for errors, and for synonyms of Spec events that the settings don't allow.
        """
        grave = self.issue.severity is Severity.ERROR
        return grave or self.may_be_accepted


def objections(plan: TrackingPlan, exceptions: SpecExceptions) -> list[SpecIssue]:
    """List the issues of a plan: those that prevent publishing first, then by event."""
    found = [
        SpecIssue(event, issue, _right(event, issue, exceptions))
        for event in plan.events
        for issue in check(sample(event, user_id="u1"), readings=exceptions)
    ]
    return sorted(found, key=lambda one: not one.forbids)


def _right(event: PlannedEvent, issue: Issue, exceptions: SpecExceptions) -> str:
    found = collision(event.call, event.name, exceptions)
    return found.right if found and found.rule.id == issue.rule else ""
