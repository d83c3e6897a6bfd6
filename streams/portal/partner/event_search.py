"""A partner's search for an event or a person in the events of all its customers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.delivery.event_status import statuses
from streams.delivery.explanation.delivery_now import DeliveryNow
from streams.delivery.explanation.explain import explain
from streams.events.message_lookup import find_message
from streams.events.search.across_feeds import (
    InvalidPosition,
    Position,
    read_start,
    step,
)
from streams.events.search.event_filter import EventFilter
from streams.events.search.payload_condition import content_conditions
from streams.events.search.quarantined import count_matches
from streams.events.search.scan import FIRST_S, NEXT_S
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_see,
    signed_in,
)
from streams.portal.shared.filter_forms import TimeFilterForm
from streams.portal.shared.form_choices import number_in
from streams.portal.shared.partner_feeds import feeds_to_see

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.delivery.explanation.explanation import Explanation
    from streams.events.message_lookup import FoundMessage
    from streams.events.models import Event, Feed

MOST_FOUND = 200  # events; then the search waits for the person
MOST_FEEDS = 20  # that received the same messageId, or have matches in quarantine
HELD_S = 0.25  # of the search through all quarantines


class EventSearchForm(TimeFilterForm):
    """What to search for. Events must match all fields."""

    kept = ()

    message_id = forms.CharField(required=False, max_length=100, label="messageId")
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    anonymous_id = forms.CharField(required=False, max_length=200, label="anonymousId")
    email = forms.CharField(required=False, max_length=254, label=_("Person's email"))

    @property
    def names_one(self) -> bool:
        """Whether an event or a person is named. Without one, nothing is searched."""
        return bool(self.values.keys() - {"last", "since", "until"})

    def filters(self, moment: datetime) -> EventFilter:
        values = self.values
        since, until = self.time_range(moment)
        content = content_conditions(
            anonymous_id=values.get("anonymous_id", ""),
            email=values.get("email", ""),
        )
        return EventFilter(
            message_id=values.get("message_id", ""),
            user_id=values.get("user_id", ""),
            content=tuple(content),
            since=since,
            until=until,
        )


@signed_in
def event_search(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the form, what deduplication knows of a messageId, and the first step's events."""
    access = partner_to_see(request, slug)
    form = EventSearchForm(request.GET)
    context = _context(access, form)
    if form.is_valid() and form.names_one:
        feeds = feeds_to_see(request, access)
        if message_id := form.values.get("message_id"):
            known = find_message(feeds, message_id, limit=MOST_FEEDS)
            context["known"] = [
                (message, _why(message))
                for message in known
                if message.event or message.quarantined
            ]
        if not context.get("known"):
            context |= _next(request, access, form) | {"held": _held(feeds, form)}
    return render(request, "portal/partner/event_search.html", context)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEvents:
    """The matching events in quarantine: of up to MOST_FEEDS feeds, with their lists."""

    rows: list[tuple[Feed, int, str]]
    more: int  # feeds with matches that aren't in `rows`
    is_complete: bool


def _held(all_feeds: QuerySet[Feed], form: EventSearchForm) -> HeldEvents | None:
    """Search the quarantines; None: no event in them matches."""
    some = all_feeds.filter(quarantined__gt=0)
    feeds = list(some.select_related("stream", "workspace").order_by("-head_at", "pk"))
    found = count_matches(feeds, form.filters(now()), budget_s=HELD_S)
    rows = [
        (feed, count, _quarantine(feed, form))
        for feed in feeds
        if (count := found.by_feed.get(feed.pk, 0))
    ]
    if found.is_complete and not rows:
        return None
    return HeldEvents(
        rows=rows[:MOST_FEEDS],
        more=max(0, len(rows) - MOST_FEEDS),
        is_complete=found.is_complete,
    )


def _quarantine(feed: Feed, form: EventSearchForm) -> str:
    page = reverse("portal:quarantine", args=[feed.workspace.public_id])
    return f"{page}{form.query(stream=feed.stream.slug)}#list"


@signed_in
def event_search_more(request: PortalRequest, slug: str) -> HttpResponse:
    """Render the next rows of a search, and its progress."""
    access = partner_to_see(request, slug)
    form = EventSearchForm(request.GET)
    if not (form.is_valid() and form.names_one):
        raise Http404
    context = _context(access, form) | _next(request, access, form)
    if context[
        "is_complete"
    ]:  # the last sentence says whether it includes the quarantine
        context["held"] = _held(feeds_to_see(request, access), form)
    return render(request, "portal/partner/_event_search_rows.html", context)


def _context(access: PartnerAccess, form: EventSearchForm) -> dict[str, object]:
    several = access.partner.streams.count() > 1
    return {"access": access, "form": form, "several_streams": several}


def _next(
    request: PortalRequest, access: PartnerAccess, form: EventSearchForm
) -> dict[str, object]:
    """Search on from the position in the URL. After MOST_FOUND events, the search pauses."""
    at = request.GET.get("at", "")
    before = number_in(request.GET, "found") or 0
    try:
        started_at = read_start(request.GET.get("started", ""))
        reached = step(
            feeds_to_see(request, access),
            form.filters(started_at),
            started_at=started_at,
            position=Position.parse(at) if at else None,
            budget_s=NEXT_S if at else FIRST_S,
        )
    except InvalidPosition:
        raise Http404 from None
    found = before + len(reached.found)
    return {
        "step": reached,
        "is_complete": reached.position is None,
        "rows": _explained(reached.found),
        "found": found,
        "goes_on": found // MOST_FOUND == before // MOST_FOUND,
        "onward": form.query(
            at=reached.position, started=started_at.isoformat(), found=found
        ),
    }


def _explained(
    found: Iterable[tuple[Feed, Event]],
) -> list[tuple[Feed, Event, Explanation]]:
    """Add the status of each event. Takes up to nine queries for each feed with events."""
    rows: list[tuple[Feed, Event, Explanation]] = []
    moment = now()
    for feed, pairs in groupby(found, key=lambda pair: pair[0]):
        events = [event for _feed, event in pairs]
        known = statuses(feed, events)
        delivery = DeliveryNow.load(feed, workspace=feed.workspace, now=moment)
        rows += [
            (feed, event, explain(event, known[event.seq], delivery))
            for event in events
        ]
    return rows


def _why(message: FoundMessage) -> Explanation | None:
    """Return the status of an event that was found by its messageId; None: not in the log."""
    if message.event is None:
        return None
    [(_feed, _event, why)] = _explained([(message.feed, message.event)])
    return why
