"""What changes a stream's plan: its one draft, and the publishing of it.

Whoever changes a plan holds its stream's row, so what two people do at once happens one
after the other. A published version never changes: the database refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.plans.faults import faults, label
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import EventPlan, mark, to_json
from streams.catalog.plans.publishing import objections

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.catalog.plans.faults import Fault
    from streams.catalog.plans.plan import PlannedEvent
    from streams.tenancy.models import User


class BrokenPlan(ValueError):
    """This is no plan; `faults` say what is wrong."""

    def __init__(self, found: list[Fault]) -> None:
        super().__init__("; ".join(map(str, found[:3])))
        self.faults = found


class CannotPublish(ValueError):
    """The plan may not be published as it is; the message says why, for people."""


class ChangedMeanwhile(ValueError):
    """Somebody else changed the plan since it was looked at; the message says so."""

    def __init__(self) -> None:
        super().__init__("Somebody changed the plan meanwhile. Look at it once more.")


class NoSuchEvent(ValueError):
    """The plan has no such event (anymore); the message says so."""


def published_plan(stream: Stream) -> EventPlan | None:
    """What is in force; None: nothing was published yet."""
    version = stream.plan_versions.published().first()
    return version.plan if version else None


def drafted_plan(stream: Stream) -> EventPlan:
    """What an edit starts from: the draft, else what is published, else nothing."""
    draft = stream.plan_versions.draft().first()
    return draft.plan if draft else published_plan(stream) or EventPlan()


@transaction.atomic
def change_draft(
    *,
    stream: Stream,
    change: Callable[[EventPlan], EventPlan],
    what: str,
    actor: User | None,
) -> PlanVersion:
    """Make a new draft of what the plan is by now; `what` is for the audit log.

    Raises BrokenPlan, and what `change` raises.
    """
    _hold(stream)
    plan = change(drafted_plan(stream))
    if found := faults(plan):
        raise BrokenPlan(found)
    draft = stream.plan_versions.draft().first() or PlanVersion(
        stream=stream, number=_next_number(stream)
    )
    draft.content, draft.edited_at = to_json(plan), now()
    draft.save()
    _record("plan.drafted", draft, actor, what)
    return draft


def replace_draft(
    *,
    stream: Stream,
    plan: EventPlan,
    what: str,
    actor: User | None,
    seen: str | None = None,
) -> PlanVersion:
    """Put a whole plan in place of the draft.

    `seen` is the mark of the plan that it takes the place of; None: whatever that is.
    Raises BrokenPlan and ChangedMeanwhile.
    """

    def change(current: EventPlan) -> EventPlan:
        _compare(current, seen)
        return plan

    return change_draft(stream=stream, change=change, what=what, actor=actor)


def rename_event(
    *, stream: Stream, call: str, name: str, to: str, actor: User | None
) -> PlanVersion:
    """Give an event of the draft another name. Raises BrokenPlan and NoSuchEvent."""

    def renamed(event: PlannedEvent) -> PlannedEvent:
        if (event.call, event.name) != (call, name):
            return event
        return msgspec.structs.replace(event, name=to)

    def change(plan: EventPlan) -> EventPlan:
        events = tuple(map(renamed, plan.events))
        if events == plan.events:
            raise NoSuchEvent(f"The draft has no event “{name}” anymore.")
        return EventPlan(events=events)

    what = f"{name} is {to} now"
    return change_draft(stream=stream, change=change, what=what, actor=actor)


@transaction.atomic
def discard_draft(
    *, stream: Stream, actor: User | None, seen: str | None = None
) -> None:
    """Forget the draft, if there is one: what is published stays as it is.

    `seen` is the draft's mark; None: whatever it says. Raises ChangedMeanwhile.
    """
    _hold(stream)
    draft = stream.plan_versions.draft().first()
    if draft is None:
        return
    _compare(draft.plan, seen)
    _record("plan.discarded", draft, actor)
    draft.delete()


@transaction.atomic
def publish(
    *, stream: Stream, note: str = "", actor: User | None, seen: str | None = None
) -> PlanVersion:
    """Put the draft in force, from then on and for good.

    `seen` is the draft's mark; None: whatever it says. Raises CannotPublish and
    ChangedMeanwhile.
    """
    _hold(stream)
    draft = stream.plan_versions.draft().first()
    if draft is None:
        raise CannotPublish("There is no draft to publish.")
    _compare(draft.plan, seen)
    if draft.plan == published_plan(stream):
        raise CannotPublish("The draft says what is published already.")
    if not draft.plan.events:
        raise CannotPublish("The draft has no event. Add one first.")
    for objection in objections(draft.plan, stream.readings):
        if objection.forbids:
            finding = objection.finding
            raise CannotPublish(
                f"{label(objection.event)}: {finding.message} {finding.fix}"
            )
    draft.note, draft.published_at, draft.published_by = note, now(), actor
    draft.save()
    _record("plan.published", draft, actor, note)
    return draft


def _hold(stream: Stream) -> None:
    Stream.objects.select_for_update(no_key=True).get(pk=stream.pk)


def _compare(plan: EventPlan, seen: str | None) -> None:
    if seen is not None and mark(plan) != seen:
        raise ChangedMeanwhile


def _next_number(stream: Stream) -> int:
    newest = stream.plan_versions.order_by("-number").first()
    return newest.number + 1 if newest else 1


def _record(
    action: str, version: PlanVersion, actor: User | None, what: str = ""
) -> None:
    stream = version.stream
    record(
        action,
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        version=version.number,
        events=len(version.plan.events),
        what=what[:200],
    )
