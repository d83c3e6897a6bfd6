"""A plan to begin with: of a new stream, or of one that is there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from streams.catalog.plans.services import BrokenPlan, change_draft, drafted_plan
from streams.catalog.plans.starting import TooManyStreams, start_stream
from streams.portal.access import (
    PortalRequest,
    partner_to_administer,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.tags import within
from streams.portal.template_forms import NewStreamForm, TemplateForm
from streams.tenancy.services import SlugTaken


@signed_in
def stream_new(request: PortalRequest, slug: str) -> HttpResponse:
    """Ask; a POST makes the stream and leads to its plan."""
    place = partner_to_administer(request, slug)
    form = NewStreamForm(request.POST or None)
    if form.is_valid():
        try:
            made = start_stream(
                partner=place.partner,
                name=form.cleaned_data["name"],
                slug=form.cleaned_data["slug"],
                template=form.template(),
                actor=request.user,
            )
        except SlugTaken:
            form.add_error(
                "slug", "There is a stream of this short name already. Write another."
            )
        except TooManyStreams as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.name} is made. Next: its plan.")
            return redirect(within(place, "partner-stream-plan", made.slug))
    shown = {"place": place, "form": form}
    return render(request, "portal/partner_stream_new.html", shown)


@signed_in
def plan_template(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Ask; a POST adds a template's events to the draft, but for those it has."""
    place = partner_to_develop(request, slug)
    stream = stream_of(place, stream_slug)
    form = TemplateForm(request.POST or None)
    if form.is_valid() and (chosen := form.template()):
        before = drafted_plan(stream)
        more = len(chosen.added_to(before).events) - len(before.events)
        try:
            if more:
                change_draft(
                    stream=stream,
                    change=chosen.added_to,
                    what=f"the template “{chosen.title}”",
                    actor=request.user,
                )
        except BrokenPlan as refusal:
            form.add_error(None, str(refusal))
        else:
            told = f"{more} event{'' if more == 1 else 's'} added to the draft."
            messages.success(request, told if more else "They are all in the plan.")
            return redirect(within(place, "partner-stream-plan", stream.slug))
    planned = [event.name or event.call for event in drafted_plan(stream).events]
    shown = {"place": place, "stream": stream, "form": form, "planned": planned}
    return render(request, "portal/partner_plan_template.html", shown)
