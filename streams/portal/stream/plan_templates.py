"""Plan templates: for a new stream, or added to the draft of an existing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.catalog.plans.creation import TooManyStreams, start_stream
from streams.catalog.plans.services import InvalidPlan, change_draft, drafted_plan
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_administer,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.portal.stream.template_forms import NewStreamForm, TemplateForm
from streams.tenancy.services import SlugTaken


@signed_in
def stream_new(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the form; a POST creates the stream and redirects to its plan."""
    access = partner_to_administer(request, slug)
    form = NewStreamForm(request.POST or None)
    if form.is_valid():
        try:
            stream = start_stream(
                partner=access.partner,
                name=form.cleaned_data["name"],
                slug=form.cleaned_data["slug"],
                template=form.template(),
                actor=request.user,
            )
        except SlugTaken:
            message = _("Another stream has this slug. Choose a different one.")
            form.add_error("slug", message)
        except TooManyStreams as refusal:
            form.add_error(None, str(refusal))
        else:
            created = (
                _("%(stream)s created. Next, check its plan and publish it.")
                if form.template()
                else _("%(stream)s created. Next, define its plan.")
            )
            messages.success(request, created % {"stream": stream.name})
            return redirect(within(access, "partner-stream-plan", stream.slug))
    context = {"access": access, "form": form}
    return render(request, "portal/stream/new.html", context)


@signed_in
def plan_template(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show the templates; a POST adds the events that the draft doesn't have yet."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
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
        except InvalidPlan as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _added(more))
            return redirect(within(access, "partner-stream-plan", stream.slug))
    planned = [event.name or event.call for event in drafted_plan(stream).events]
    context = {"access": access, "stream": stream, "form": form, "planned": planned}
    return render(request, "portal/plan/template.html", context)


def _added(events: int) -> str:
    if not events:
        return _("The plan already has all events of this template.")
    added = ngettext(
        "%(events)s event added to the draft.",
        "%(events)s events added to the draft.",
        events,
    )
    return added % {"events": events}
