"""Change a stream's plan: edit, discard and publish its draft.

Every change locks the stream's row, so concurrent changes run one after another. A
published version never changes: the database prevents it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import TrackingPlan, mark, to_json
from streams.catalog.plans.spec_review import objections
from streams.catalog.plans.validation import label, plan_errors
from streams.catalog.services import lock_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import PlannedEvent
    from streams.catalog.plans.validation import PlanError
    from streams.tenancy.models import User


class InvalidPlan(ValueError):
    """The plan is invalid; `errors` are the reasons."""

    def __init__(self, found: list[PlanError]) -> None:
        super().__init__("; ".join(map(str, found[:3])))
        self.errors = found


class CannotPublish(ValueError):
    """The plan can't be published; the message for people is the reason."""


class PlanConflict(ValueError):
    """Someone else changed the plan since it was shown; the message is for people."""

    def __init__(self) -> None:
        super().__init__(_("Someone else changed the plan. Review it and try again."))


class NoSuchEvent(ValueError):
    """The plan has no such event; the message is for people."""


def published_plan(stream: Stream) -> TrackingPlan | None:
    """Return the active plan, or None if no version is published."""
    version = stream.plan_versions.published().first()
    return version.plan if version else None


def drafted_plan(stream: Stream) -> TrackingPlan:
    """Return the plan to edit: the draft, else the published plan, else an empty one."""
    draft = stream.plan_versions.draft().first()
    return draft.plan if draft else published_plan(stream) or TrackingPlan()


@transaction.atomic
def change_draft(
    *,
    stream: Stream,
    change: Callable[[TrackingPlan], TrackingPlan],
    what: str,
    actor: User | None,
) -> PlanVersion:
    """Apply a change to the current draft; `what` is for the audit log.

    Raises InvalidPlan, and any exception of `change`.
    """
    lock_stream(stream)
    plan = change(drafted_plan(stream))
    if found := plan_errors(plan):
        raise InvalidPlan(found)
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
    plan: TrackingPlan,
    what: str,
    actor: User | None,
    seen: str | None = None,
) -> PlanVersion:
    """Replace the draft with a whole plan.

    `seen` is the mark of the plan to replace; None: don't compare.
    Raises InvalidPlan and PlanConflict.
    """

    def change(current: TrackingPlan) -> TrackingPlan:
        _compare(current, seen)
        return plan

    return change_draft(stream=stream, change=change, what=what, actor=actor)


def rename_event(
    *, stream: Stream, call: str, name: str, to: str, actor: User | None
) -> PlanVersion:
    """Give an event of the draft another name. Raises InvalidPlan and NoSuchEvent."""

    def renamed(event: PlannedEvent) -> PlannedEvent:
        if (event.call, event.name) != (call, name):
            return event
        return msgspec.structs.replace(event, name=to)

    def change(plan: TrackingPlan) -> TrackingPlan:
        events = tuple(map(renamed, plan.events))
        if events == plan.events:
            message = _("The draft no longer contains the event “%(name)s”.")
            raise NoSuchEvent(message % {"name": name})
        return TrackingPlan(events=events)

    what = f"{name} renamed to {to}"
    return change_draft(stream=stream, change=change, what=what, actor=actor)


@transaction.atomic
def discard_draft(
    *, stream: Stream, actor: User | None, seen: str | None = None
) -> None:
    """Delete the draft, if there is one. The published version doesn't change.

    `seen` is the draft's mark; None: don't compare. Raises PlanConflict.
    """
    lock_stream(stream)
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
    """Publish the draft as the active version.

    `seen` is the draft's mark; None: don't compare. Raises CannotPublish and
    PlanConflict.
    """
    lock_stream(stream)
    draft = stream.plan_versions.draft().first()
    if draft is None:
        raise CannotPublish(_("There is no draft to publish."))
    _compare(draft.plan, seen)
    if draft.plan == published_plan(stream):
        raise CannotPublish(_("The draft is identical to the published version."))
    if not draft.plan.events:
        raise CannotPublish(_("The draft has no events. Add an event first."))
    for objection in objections(draft.plan, stream.spec_exceptions):
        if objection.forbids:
            issue = objection.issue
            raise CannotPublish(
                f"{label(objection.event)}: {issue.message} {issue.fix}"
            )
    draft.note, draft.published_at, draft.published_by = note, now(), actor
    draft.save()
    _record("plan.published", draft, actor, note)
    return draft


def _compare(plan: TrackingPlan, seen: str | None) -> None:
    if seen is not None and mark(plan) != seen:
        raise PlanConflict


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
