"""How to send the events of a stream: a command with an event of its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from streams.catalog.plans.authoring.editing import key_of
from streams.catalog.plans.services import drafted_plan
from streams.catalog.stage import Stage
from streams.portal.connection import code_samples
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.review.qa.workspaces import test_feeds

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
def send_events(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show a command that sends an event of the plan, which may be a draft."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    planned = [event for event in drafted_plan(stream).events if event.name]
    keys = {key_of(event): event for event in planned}
    chosen = keys.get(request.GET.get("event", "")) or next(iter(planned), None)
    test_feed = test_feeds(stream).first()
    test_id = test_feed.workspace.external_id if test_feed else ""
    context = {
        "access": access,
        "stream": stream,
        "planned": keys.items(),
        "chosen": chosen,
        "snippet": code_samples.batch(request, chosen, test_id),
        "person_snippet": code_samples.batch(
            request, chosen, test_id, names_person=True
        )
        if stream.identify_by
        else "",
        "is_draft": not stream.plan_versions.published().exists(),
        "delivers": Stage(stream.stage).delivers,
        "test_id": test_id,
        "placeholder": code_samples.WHOSE,
        "is_suspended": stream.stage == Stage.SUSPENDED,
    }
    return render(request, "portal/stream/send_events.html", context)
