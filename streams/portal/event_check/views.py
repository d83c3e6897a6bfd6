"""“Check an event”: shows the issues of pasted events next to their lines. Nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.events.dry_run import DryRun
from streams.portal.event_check.forms import CheckForm
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.plan_links import PlanLinks
from streams.portal.workspace.annotated_json import annotated
from streams.spec.check.pasted_events import (
    MOST_EVENTS,
    PastedEvent,
    PastedText,
    pieces_of,
)
from streams.spec.decode.positions import InvalidJson

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import TrackingPlan


@signed_in
def check(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show a form for pasted events, and the issues that the stream would report."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    published = stream.plan_versions.published().first()
    draft = stream.plan_versions.draft().first()
    plans = {"published": published, "draft": draft}
    data = request.POST if request.method == "POST" else None
    form = CheckForm(data, published=published, draft=draft, query=request.GET)
    context: dict[str, object] = {"access": access, "stream": stream, "form": form}
    if form.is_valid():
        chosen = plans.get(form.cleaned_data["plan"])
        pasted = _events_in(form.cleaned_data["events"])
        if pasted.pieces:
            context["events"] = _checked(
                stream, chosen.plan if chosen else None, pasted
            )
            context["plan_links"] = PlanLinks.load(access, stream)
            context["left_out"], context["most"] = pasted.left_out, MOST_EVENTS
        else:
            form.add_error(
                "events", _("The text contains no event. Paste at least one.")
            )
    return render(request, "portal/event_check/check.html", context)


def _events_in(text: str) -> PastedText:
    try:
        return pieces_of(text)
    except InvalidJson:  # shown at its line, like any other issue
        return PastedText(pieces=[PastedEvent(text.rstrip(), 1)])


def _checked(
    stream: Stream, plan: TrackingPlan | None, pasted: PastedText
) -> list[object]:
    dry_run, at = DryRun(stream, plan), now()
    return [
        annotated(
            piece, dry_run.of(piece.text.encode(), now=at, context=pasted.context)
        )
        for piece in pasted.pieces
    ]
