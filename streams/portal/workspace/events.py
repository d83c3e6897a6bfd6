from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from streams.base.clock import now
from streams.delivery import event_status
from streams.delivery.explanation.delivery_now import DeliveryNow
from streams.delivery.explanation.explain import explain
from streams.delivery.outcome_search import EventOutcome
from streams.delivery.retention.expiry import expired_ranges
from streams.events.queries import between
from streams.events.receipt import receipt_at
from streams.events.retention.past_retention import oldest_retained
from streams.events.search import scan
from streams.events.time_index import received_about
from streams.observability import ledger
from streams.observability.issues.models import IssueKind
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_see,
)
from streams.portal.shared.form_choices import number_in
from streams.portal.shared.navigation_tags import to
from streams.portal.shared.saved_filters import saved_bar
from streams.portal.workspace.forms import EventFilterForm
from streams.portal.workspace.quarantined import quarantine_url, quarantined
from streams.portal.workspace.replay_offer import ReplayOffer, replay_offer

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.events.search.scan import EventPage

ROWS = 50  # per page
RECENT = 500  # events whose names and users are suggested


@signed_in
def events(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the events of a feed with their status, newest first."""
    access = workspace_to_see(request, public_id)
    form = EventFilterForm(request.GET, suggestions=_suggestions(access.the_feed))
    wanted = form.search(now()).outcome
    if wanted == EventOutcome.QUARANTINED:
        return redirect(quarantine_url(access, form))
    context = {
        "access": access,
        "form": form,
        "saved": saved_bar(request, access, "events", form),
        "is_first": form.before() is None,
        "head": access.the_feed.head_seq,
        "oldest": oldest_retained(access.the_feed),
        "quarantined": quarantined(access, form),
        "any_status": form.query(outcome=None),
        "names_person": bool({"email", "user_id", "anonymous_id"} & {*form.values})
        and wanted is None,
    }
    if wanted == EventOutcome.EXPIRED:
        since, until = form.time_range(now())
        context["ranges"] = expired_ranges(access.the_feed, since=since, until=until)
        return render(request, "portal/workspace/expired_events.html", context)
    found = _rows(access, form, limit=ROWS, budget_s=scan.FIRST_S)
    context |= found
    context["replay"] = (
        replay_offer(access, form, found["page"]) if found["selects"] else ReplayOffer()
    )
    if wanted == EventOutcome.REJECTED and not found["rows"]:
        context["recovered"] = _recovered(access, form)
    return render(request, "portal/workspace/events.html", context)


@signed_in
def events_search(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the next rows of a search that goes on, and how far it got."""
    access = workspace_to_see(request, public_id)
    form = EventFilterForm(request.GET)
    found = min(number_in(request.GET, "found") or 0, ROWS - 1)
    context = _rows(access, form, limit=ROWS - found, budget_s=scan.NEXT_S)
    context |= {"access": access, "form": form, "is_part": True}
    page: EventPage | None = context["page"]
    if page and not page.next_before:
        context["quarantined"] = quarantined(access, form)
    return render(request, "portal/workspace/_event_search.html", context)


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


def _rows(
    access: WorkspaceAccess, form: EventFilterForm, *, limit: int, budget_s: float
) -> dict[str, Any]:
    """Search for rows, and link to the rest of the search."""
    page = _search(access.the_feed, form, limit, budget_s)
    if page is None:
        return {"page": None, "rows": [], "selects": False}
    feed = access.the_feed
    known = event_status.statuses(feed, page.events)
    delivery = DeliveryNow.load(feed, workspace=access.workspace, now=now())
    found = ROWS - limit + len(page.events)
    older = form.query(before=page.next_before)
    more = form.query(before=page.next_before, found=found)
    return {
        "page": page,
        "rows": [
            (event, explain(event, known[event.seq], delivery), receipt_at(event))
            for event in page.events
        ],
        "found": found,
        "older": older,
        "more": _to("events-search", access, more),
        "selects": access.can_edit and delivery.connection is not None,
        "back_to": received_about(feed, page.searched_to),
    }


def _search(
    feed: Feed, form: EventFilterForm, limit: int, budget_s: float
) -> EventPage | None:
    """Return one step of the search; None: a filter is invalid."""
    if not form.is_valid():
        return None
    return form.search(now()).page(
        feed, before=form.before(), limit=limit, budget_s=budget_s, payloads=True
    )


def _recovered(access: WorkspaceAccess, form: EventFilterForm) -> str:
    """Return the URL query for rejected events that were recovered; empty: there are none."""
    has_any = ledger.of(access.the_feed).recovered
    return form.query(outcome=EventOutcome.RECOVERED.value) if has_any else ""


def _suggestions(feed: Feed) -> dict[str, list[str]]:
    """Return values of the newest events, and of recent issues."""
    low = max(oldest_retained(feed), feed.head_seq + 1 - RECENT)
    newest = between(feed, low, feed.head_seq + 1)
    recent = list(newest.values_list("name", "user_id"))
    kinds = IssueKind.objects.filter(feed=feed.pk).exclude(rule="")
    return {
        "name": [name for name, _user_id in recent],
        "user_id": [user_id for _name, user_id in recent],
        "rule": list(kinds.values_list("rule", flat=True)),
    }


def _to(page: str, access: WorkspaceAccess, query: str) -> str:
    return reverse(f"portal:{page}", args=[access.workspace.public_id]) + query
