"""Pick semantic events of the Spec for a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from streams.catalog.plans.editing import added
from streams.catalog.plans.from_spec import planned_event
from streams.catalog.plans.services import BrokenPlan, change_draft, drafted_plan
from streams.portal.access import (
    PortalRequest,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.tags import within
from streams.spec.data import DOCS, EVENTS, SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.catalog.plans.plan import EventPlan
    from streams.spec.data import Category, SpecEvent

TITLES = {
    "ecommerce_v2": "E-commerce",
    "email": "E-mail",
    "live_chat": "Live chat",
    "ab_testing": "A/B testing",
    "b2b_saas": "B2B SaaS",
    "mobile": "Mobile",
    "video": "Video",
    "ai_copilot": "AI copilot",
}
# What Segment wrote for partners stands first.
CATEGORIES = sorted(
    (one for one in SPEC.categories if one.id in TITLES),
    key=lambda one: one.written_for != "partners",
)


class FilterForm(forms.Form):
    """What cannot be read does not filter."""

    q = forms.CharField(required=False, max_length=100, label="Name or property has")
    category = forms.ChoiceField(
        required=False,
        label="Category",
        choices=[("", "All"), *((one.id, TITLES[one.id]) for one in CATEGORIES)],
    )


class PickForm(forms.Form):
    events = forms.MultipleChoiceField(
        choices=[(name, name) for name in EVENTS],
        error_messages={"required": "Check the events to add."},
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """The events of a category that are shown."""

    category: Category
    events: list[tuple[SpecEvent, bool]]  # and whether the plan has it

    @property
    def title(self) -> str:
        return TITLES[self.category.id]

    @property
    def docs(self) -> str:
        return DOCS + self.category.docs


@signed_in
def pick(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """The Spec's events by category; a POST adds those that are checked to the draft."""
    place = partner_to_develop(request, slug)
    stream = stream_of(place, stream_slug)
    form = PickForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        names = form.cleaned_data["events"]
        events = [planned_event(EVENTS[name]) for name in names]
        try:
            change_draft(
                stream=stream,
                change=lambda plan: added(plan, events),
                what=f"From the Spec: {', '.join(names)}",
                actor=request.user,
            )
        except BrokenPlan as error:
            messages.error(request, f"Nothing was added. {error}")
        else:
            messages.success(request, "Added. Take out what you cannot send, and say when each is sent.")  # fmt: skip
            return redirect(within(place, "partner-stream-plan", stream_slug))
    filters = FilterForm(request.GET)
    filters.is_valid()
    plan = drafted_plan(stream)
    shelves = list(_shelves(plan, **filters.cleaned_data))
    shown = {
        "place": place,
        "stream": stream,
        "form": form,
        "filters": filters,
        "filtered": any(filters.cleaned_data.values()),
        "shelves": shelves,
        "count": sum(len(shelf.events) for shelf in shelves),
        "picked": set(request.POST.getlist("events")),
    }
    return render(request, "portal/partner_plan_spec.html", shown)


def _shelves(plan: EventPlan, q: str = "", category: str = "") -> Iterator[Shelf]:
    planned = {one.name for one in plan.events if one.call == "track"}
    for one in CATEGORIES:
        if category in ("", one.id):
            events = [
                (event, event.name in planned)
                for event in SPEC.events
                if event.category == one.id and _matches(event, q.lower())
            ]
            if events:
                yield Shelf(one, events)


def _matches(event: SpecEvent, q: str) -> bool:
    texts = (event.name, *(one.path for one in event.properties))
    return any(q in text.lower() for text in texts)
