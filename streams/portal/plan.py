"""A stream's event plan: what is drafted, or else published, and what the Spec says to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from streams.catalog.plans.editing import (
    EditedMeanwhile,
    found,
    key_of,
    mark_of,
    taken_out,
)
from streams.catalog.plans.faults import label
from streams.catalog.plans.publishing import objections
from streams.catalog.plans.services import change_draft, drafted_plan
from streams.portal.access import (
    PartnerPlace,
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.page_forms import MarkForm
from streams.portal.tags import within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import EventPlan, PlannedEvent, PlannedProperty
    from streams.catalog.plans.publishing import Objection
    from streams.spec.readings import Readings

MOST_OPEN = 8  # events of a plan whose tables are open from the start
PER_PAGE = 50  # events; a plan with more is rare


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """An event as the page of the plan shows it."""

    event: PlannedEvent
    objections: tuple[Objection, ...] = ()

    @property
    def key(self) -> str:
        return key_of(self.event)

    @property
    def title(self) -> str:
        return label(self.event)

    @property
    def rows(self) -> list[tuple[str, PlannedProperty]]:
        """Its properties, then the fields of its context, each with its path."""
        return self.event.places

    @property
    def forbids(self) -> bool:
        return any(one.forbids for one in self.objections)


def shown_events(plan: EventPlan, readings: Readings) -> Iterator[ShownEvent]:
    """Each event of a plan, in its order, with what the Spec has against it."""
    told = objections(plan, readings)
    for event in plan.events:
        yield ShownEvent(event=event, objections=_about(event, told))


@signed_in
def plan(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """The draft if there is one, else what is published; `event` is a key to begin at."""
    place = partner_to_see(request, slug)
    stream = stream_of(place, stream_slug)
    published = stream.plan_versions.published().first()
    draft = stream.plan_versions.draft().first()
    version = draft or published
    events = list(shown_events(version.plan, stream.readings)) if version else []
    number = _page_with(request.GET.get("event", ""), events)
    shown = {
        "place": place,
        "stream": stream,
        "published": published,
        "draft": draft,
        "events": events,
        "page": Paginator(events, PER_PAGE).get_page(number or request.GET.get("page")),
        "forbidden": sum(one.forbids for one in events),
        "open": len(events) <= MOST_OPEN,
    }
    return render(request, "portal/partner_plan.html", shown)


@signed_in
def event_remove(
    request: PortalRequest, slug: str, stream_slug: str, key: str
) -> HttpResponse:
    """Ask; a POST takes the event out of the draft."""
    place = partner_to_develop(request, slug)
    stream = stream_of(place, stream_slug)
    event = found(drafted_plan(stream), key)
    if event is None:
        raise Http404
    home = within(place, "partner-stream-plan", stream_slug)
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
        except EditedMeanwhile as told:
            messages.error(request, f"{told} Look at it first. Nothing was removed.")
        else:
            messages.success(request, f"{label(event)} is out of the draft.")
        return redirect(home)
    shown = {
        "place": place,
        "stream": stream,
        "one": ShownEvent(event=event),
        "seen": mark_of(event),
    }
    return render(request, "portal/partner_plan_event_remove.html", shown)


def address_of(place: PartnerPlace, stream: Stream, event: PlannedEvent) -> str:
    """Where the page of the plan shows an event."""
    key = key_of(event)
    home = within(place, "partner-stream-plan", stream.slug)
    return f"{home}?event={key}#event-{key}"


def _page_with(key: str, events: Iterable[ShownEvent]) -> int | None:
    """The number of the page that shows this event; None: the plan has none such."""
    if not key:
        return None
    at = next((at for at, one in enumerate(events) if one.key == key), None)
    return None if at is None else at // PER_PAGE + 1


def _about(event: PlannedEvent, told: Iterable[Objection]) -> tuple[Objection, ...]:
    return tuple(one for one in told if one.event is event)
