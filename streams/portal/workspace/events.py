from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render

from streams.delivery import event_status as deliveries
from streams.events import queries
from streams.events.retention.past_retention import oldest_retained
from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_see
from streams.portal.shared.navigation_tags import to
from streams.portal.workspace.forms import EventFilterForm
from streams.portal.workspace.json_text import highlighted, stamps


@signed_in
def events(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the events of a feed with their status, newest first."""
    access = workspace_to_see(request, public_id)
    form = EventFilterForm(request.GET)
    filters = form.filters()
    before = form.before()
    page = queries.page(access.the_feed, before=before, filters=filters)
    fates = deliveries.statuses(access.the_feed, page.events)
    context = {
        "access": access,
        "form": form,
        "filtered": filters != queries.EventFilter(),
        "rows": [(event, fates[event.seq]) for event in page.events],
        "page": page,
        "is_first": before is None,
        "older": form.link_to(page.next_before),
        "head": access.the_feed.head_seq,
        "oldest": oldest_retained(access.the_feed),
    }
    return render(request, "portal/workspace/events.html", context)


@signed_in
def events_new(request: PortalRequest, public_id: str, after: int) -> HttpResponse:
    """Count the events received since the list was opened."""
    access = workspace_to_see(request, public_id)
    count = max(0, access.the_feed.head_seq - after)
    try:
        here = request.htmx.current_url_abs_path or to(access, "events")
    except ValueError:  # a malformed URL, such as half an IPv6 address
        here = to(access, "events")
    context = {"access": access, "head": after, "count": count, "here": here}
    return render(request, "portal/workspace/_new_events.html", context)


@signed_in
def event(request: PortalRequest, public_id: str, seq: int) -> HttpResponse:
    """Show one event: its payload and its delivery attempts."""
    access = workspace_to_see(request, public_id)
    stored = queries.event(access.the_feed, seq)
    if stored is None:
        raise Http404
    fate = deliveries.statuses(access.the_feed, [stored])[seq]
    payload = bytes(stored.payload)
    context = {
        "access": access,
        "event": stored,
        "kept_until": access.the_feed.stream.retention.kept_until(stored.received_at),
        "fate": fate,
        "tries": deliveries.attempts_with(access.the_feed, seq),
        "stamps": stamps(payload),
        "pretty": highlighted(payload),
    }
    return render(request, "portal/workspace/event.html", context)
