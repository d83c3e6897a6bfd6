"""Show a stream's tracking plan, the draft before the published version, with its issues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from streams.catalog.plans.authoring.editing import (
    EventConflict,
    found,
    key_of,
    mark_of,
    taken_out,
)
from streams.catalog.plans.services import change_draft, drafted_plan
from streams.catalog.plans.spec_review import objections
from streams.catalog.plans.validation import label
from streams.portal.docs.forms import MarkForm
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
    from streams.catalog.plans.spec_review import SpecIssue
    from streams.spec.spec_exceptions import SpecExceptions

MOST_OPEN = 8  # events; a plan with more has its tables collapsed
PER_PAGE = 50  # events; a plan with more is rare


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event as the plan page shows it."""

    event: PlannedEvent
    spec_issues: tuple[SpecIssue, ...] = ()

    @property
    def key(self) -> str:
        return key_of(self.event)

    @property
    def title(self) -> str:
        return label(self.event)

    @property
    def rows(self) -> list[tuple[str, PlannedProperty]]:
        """Its properties, then its context fields, each with its path."""
        return self.event.places

    @property
    def forbids(self) -> bool:
        return any(issue.forbids for issue in self.spec_issues)


def shown_events(plan: TrackingPlan, readings: SpecExceptions) -> Iterator[EventRow]:
    """Yield the events of a plan in order, each with its issues by the Spec."""
    issues = objections(plan, readings)
    for event in plan.events:
        yield EventRow(event=event, spec_issues=_about(event, issues))


@signed_in
def plan(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show the draft, else the published version, at the event with the key `event`."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    published = stream.plan_versions.published().first()
    draft = stream.plan_versions.draft().first()
    version = draft or published
    events = list(shown_events(version.plan, stream.spec_exceptions)) if version else []
    number = _page_with(request.GET.get("event", ""), events)
    context = {
        "access": access,
        "stream": stream,
        "published": published,
        "draft": draft,
        "events": events,
        "page": Paginator(events, PER_PAGE).get_page(number or request.GET.get("page")),
        "forbidden": sum(event.forbids for event in events),
        "open": len(events) <= MOST_OPEN,
    }
    return render(request, "portal/plan/plan.html", context)


@signed_in
def event_remove(
    request: PortalRequest, slug: str, stream_slug: str, key: str
) -> HttpResponse:
    """Ask for confirmation; a POST removes the event from the draft."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    event = found(drafted_plan(stream), key)
    if event is None:
        raise Http404
    home = within(access, "partner-stream-plan", stream_slug)
    form = MarkForm(request.POST or None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            change_draft(
                stream=stream,
                change=lambda now: taken_out(now, key, seen),
                what=f"{label(event)} removed",
                actor=request.user,
            )
        except EventConflict:
            message = _("Someone else changed this event. Review it, then try again. Nothing was removed.")  # fmt: skip
            messages.error(request, message)
        else:
            message = _("“%(event)s” was removed from the draft.")
            messages.success(request, message % {"event": label(event)})
        return redirect(home)
    context = {
        "access": access,
        "stream": stream,
        "event_row": EventRow(event=event),
        "seen": mark_of(event),
    }
    return render(request, "portal/plan/event_remove.html", context)


def address_of(access: PartnerAccess, stream: Stream, event: PlannedEvent) -> str:
    """Return the URL of an event on the plan page."""
    key = key_of(event)
    home = within(access, "partner-stream-plan", stream.slug)
    return f"{home}?event={key}#event-{key}"


def _page_with(key: str, events: Iterable[EventRow]) -> int | None:
    """Return the number of the page with this event, or None if the plan lacks it."""
    if not key:
        return None
    at = next((at for at, event in enumerate(events) if event.key == key), None)
    return None if at is None else at // PER_PAGE + 1


def _about(event: PlannedEvent, issues: Iterable[SpecIssue]) -> tuple[SpecIssue, ...]:
    return tuple(issue for issue in issues if issue.event is event)
