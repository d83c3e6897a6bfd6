"""Add semantic events of the Spec to a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.catalog.plans.authoring.editing import added
from streams.catalog.plans.from_spec import planned_event
from streams.catalog.plans.services import InvalidPlan, change_draft, drafted_plan
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.spec.spec_data import DOCS, EVENTS, SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_stubs_ext import StrOrPromise

    from streams.catalog.plans.plan import TrackingPlan
    from streams.spec.spec_data import Category, SpecEvent

TITLES = {
    "ecommerce_v2": _("E-commerce"),
    "email": _("Email"),
    "live_chat": _("Live chat"),
    "ab_testing": _("A/B testing"),
    "b2b_saas": _("B2B SaaS"),
    "mobile": _("Mobile"),
    "video": _("Video"),
    "ai_copilot": _("AI Copilot"),
}
# Events that Segment defines for partners come first.
CATEGORIES = sorted(
    (category for category in SPEC.categories if category.id in TITLES),
    key=lambda category: category.written_for != "partners",
)


class FilterForm(forms.Form):
    """Invalid fields are ignored."""

    q = forms.CharField(
        required=False, max_length=100, label=_("Name or property contains")
    )
    category = forms.ChoiceField(
        required=False,
        label=_("Category"),
        choices=[
            ("", _("All")),
            *((category.id, TITLES[category.id]) for category in CATEGORIES),
        ],
    )


class PickForm(forms.Form):
    events = forms.MultipleChoiceField(
        choices=[(name, name) for name in EVENTS],
        error_messages={"required": _("Select at least one event.")},
    )


@dataclass(frozen=True, slots=True)
class CategorySection:
    """The listed events of a category."""

    category: Category
    events: list[tuple[SpecEvent, bool]]  # and whether it is in the plan

    @property
    def title(self) -> StrOrPromise:
        return TITLES[self.category.id]

    @property
    def docs(self) -> str:
        return DOCS + self.category.docs


@signed_in
def pick(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """List the Spec's events by category; a POST adds the selected ones to the draft."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
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
        except InvalidPlan as error:
            message = gettext("Nothing was added. %(reason)s")
            messages.error(request, message % {"reason": error})
        else:
            messages.success(request, gettext("Added to the draft. Remove the properties that your tool can't send, and enter the trigger of each event."))  # fmt: skip
            return redirect(within(access, "partner-stream-plan", stream_slug))
    filters = FilterForm(request.GET)
    filters.is_valid()
    plan = drafted_plan(stream)
    sections = list(_sections(plan, **filters.cleaned_data))
    context = {
        "access": access,
        "stream": stream,
        "form": form,
        "filters": filters,
        "filtered": any(filters.cleaned_data.values()),
        "sections": sections,
        "count": sum(len(section.events) for section in sections),
        "picked": set(request.POST.getlist("events")),
    }
    return render(request, "portal/plan/spec_events.html", context)


def _sections(
    plan: TrackingPlan, q: str = "", category: str = ""
) -> Iterator[CategorySection]:
    planned = {event.name for event in plan.events if event.call == "track"}
    for listed in CATEGORIES:
        if category in ("", listed.id):
            events = [
                (event, event.name in planned)
                for event in SPEC.events
                if event.category == listed.id and _matches(event, q.lower())
            ]
            if events:
                yield CategorySection(listed, events)


def _matches(event: SpecEvent, q: str) -> bool:
    texts = (event.name, *(field.path for field in event.properties))
    return any(q in text.lower() for text in texts)
