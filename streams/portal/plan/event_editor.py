"""Add or edit one event of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _

from streams.catalog.plans.authoring.editing import (
    NOT_THERE,
    EventConflict,
    found,
    key_of,
    mark_of,
    put,
)
from streams.catalog.plans.services import InvalidPlan, change_draft, drafted_plan
from streams.catalog.plans.suggestions import advice
from streams.catalog.plans.validation import label
from streams.portal.plan.event_forms import EventForm
from streams.portal.plan.views import EventRow, address_of
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import PlannedEvent

# The actions of the form's buttons. `add-…` and `drop-…` change rows and save nothing.
SAVE, TAKE_NAME, ADD_EXPECTED, LOOK = "save", "take-name", "add-expected", "look"
SAVES = {SAVE, TAKE_NAME, ADD_EXPECTED}


@signed_in
def event_new(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show an empty form; a POST appends the event to the draft."""
    access = partner_to_develop(request, slug)
    return _editor(request, access, stream_of(access, stream_slug), "")


@signed_in
def event(
    request: PortalRequest, slug: str, stream_slug: str, key: str
) -> HttpResponse:
    """Show the drafted event and its issues by the Spec; a POST changes it."""
    access = partner_to_develop(request, slug)
    return _editor(request, access, stream_of(access, stream_slug), key)


def _editor(
    request: PortalRequest, access: PartnerAccess, stream: Stream, key: str
) -> HttpResponse:
    if request.method != "POST":
        current = found(drafted_plan(stream), key) if key else None
        if key and current is None:
            raise Http404
        form = EventForm(event=current, seen=mark_of(current))
        if current is None:
            form.properties.add()
        return _form(request, access, stream, key, form, current)
    form, what = EventForm(request.POST), request.POST.get("do", SAVE)
    if what not in SAVES:
        form.rearrange(what)
        return _form(request, access, stream, key, form)
    if not form.all_valid():
        return _form(request, access, stream, key, form)
    entered = _with_suggestion(form.planned(), what, stream)
    seen = form.cleaned_data["seen"]
    try:
        change_draft(
            stream=stream,
            change=lambda plan: put(plan, key, seen, entered),
            what=label(entered),
            actor=request.user,
        )
    except InvalidPlan as broken:
        form.add_plan_errors(broken.errors)
        return _form(request, access, stream, key, form)
    except EventConflict as edited:
        # With the new mark, saving again replaces the version that is shown above the form.
        form = EventForm(event=entered, seen=mark_of(edited.current))
        theirs = EventRow(event=edited.current) if edited.current else None
        return _form(request, access, stream, key, form, entered, meanwhile=True, theirs=theirs)  # fmt: skip
    messages.success(request, _saved(access, stream, entered))
    if advice(entered, stream.spec_exceptions).is_grave or what == ADD_EXPECTED:
        key = key_of(entered)
        return redirect(within(access, "partner-stream-plan-event", stream.slug, key))
    return redirect(address_of(access, stream, entered))


def _saved(access: PartnerAccess, stream: Stream, event: PlannedEvent) -> str:
    """Say that the event is in the draft, with a link that leads to its publication."""
    text = _('“{event}” was saved to the draft. <a href="{href}">Publish…</a>')
    href = within(access, "partner-stream-plan-publish", stream.slug)
    return format_html(text, event=label(event), href=href)


def _with_suggestion(event: PlannedEvent, what: str, stream: Stream) -> PlannedEvent:
    """Apply the Spec's name or properties if that is what the button does."""
    if what == SAVE:
        return event
    suggested = advice(event, stream.spec_exceptions)
    if what == TAKE_NAME:
        return msgspec.structs.replace(event, name=suggested.right or event.name)
    return msgspec.structs.replace(
        event,
        properties=event.properties + suggested.lacks.properties,
        context=event.context + suggested.lacks.context,
    )


def _form(
    request: PortalRequest,
    access: PartnerAccess,
    stream: Stream,
    key: str,
    form: EventForm,
    event: PlannedEvent | None = None,
    **more: object,
) -> HttpResponse:
    """Render the form. `event` None: built from the fields that can be read."""
    event = event or form.sketch()
    context = {
        "access": access,
        "stream": stream,
        "form": form,
        "key": key,
        "is_new": not key or form["seen"].value() == NOT_THERE,
        "title": label(event),
        "advice": advice(event, stream.spec_exceptions),
        **more,
    }
    return render(request, "portal/plan/event.html", context)
