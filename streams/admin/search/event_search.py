"""An operator's search for a person in the events of all partners, in steps."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.admin.delivery.badges import state_badge
from streams.admin.shared.base import staff_of
from streams.audit.support_access import EVENTS_OPENED, record_access
from streams.delivery.event_status import statuses
from streams.events.models import Feed
from streams.events.search.across_feeds import (
    InvalidPosition,
    Position,
    read_start,
    step,
)
from streams.events.search.event_filter import EventFilter
from streams.events.search.payload_condition import content_conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.delivery.event_status import EventStatus
    from streams.events.models import Event

NEEDED = ("streams.view_feed", "streams.view_event")  # permissions


class PersonSearchForm(forms.Form):
    """The IDs of a person. Events must match all that are filled in."""

    email = forms.CharField(required=False, max_length=254, label=gettext_lazy("Email"))
    user_id = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("User ID")
    )
    anonymous_id = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Anonymous ID")
    )

    def filled(self) -> dict[str, str]:
        """Return the values of the fields that are filled in; none if one is not valid."""
        if not self.is_valid():
            return {}
        return {name: text for name, text in self.cleaned_data.items() if text}


def find_events(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show the events of one step of the search, the feeds with the latest events first."""
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    form = PersonSearchForm(request.GET)
    content = {
        **site.each_context(request),
        "title": _("Find events of a person"),
        "search": form,
    }
    if filled := form.filled():
        content |= _next(request, filled)
    return TemplateResponse(request, "admin/find_events.html", content)


def _next(request: HttpRequest, filled: dict[str, str]) -> dict[str, object]:
    """Search on from the position in the URL. Raises Http404."""
    at = request.GET.get("at", "")
    content = content_conditions(
        anonymous_id=filled.get("anonymous_id", ""), email=filled.get("email", "")
    )
    filters = EventFilter(user_id=filled.get("user_id", ""), content=tuple(content))
    try:
        started_at = read_start(request.GET.get("started", ""))
        reached = step(
            Feed.objects.all(),
            filters,
            started_at=started_at,
            position=Position.parse(at) if at else None,
        )
    except InvalidPosition:
        raise Http404 from None
    _record(request, reached.found)
    onward = {**filled, "at": reached.position, "started": started_at.isoformat()}
    return {
        "step": reached,
        "rows": _rows(reached.found),
        "newest": urlencode(filled) if at else None,
        "older": urlencode(onward) if reached.position else None,
    }


def _record(request: HttpRequest, found: Sequence[tuple[Feed, Event]]) -> None:
    """Record the access to the events of each workspace."""
    workspaces = {feed.workspace_id: feed.workspace for feed, _event in found}
    for workspace in workspaces.values():
        record_access(EVENTS_OPENED, workspace=workspace, operator=staff_of(request))


def _rows(
    found: Iterable[tuple[Feed, Event]],
) -> list[tuple[Feed, Event, EventStatus, str]]:
    """Add the status of each event, with a few queries for each feed."""
    rows: list[tuple[Feed, Event, EventStatus, str]] = []
    for feed, pairs in groupby(found, key=lambda pair: pair[0]):
        events = [event for _feed, event in pairs]
        known = statuses(feed, events)
        rows += [
            (feed, one, known[one.seq], state_badge(known[one.seq])) for one in events
        ]
    return rows
