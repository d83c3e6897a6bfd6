"""A feed's events. Django's admin cannot list them, because their key has two columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import outcome_badge, severity_badge, state_badge
from streams.admin.delivery.workspace_delivery import delivery_of
from streams.admin.shared.base import staff_of
from streams.admin.shared.period import time_input
from streams.audit.support_access import EVENTS_OPENED, record_access
from streams.base.clock import now
from streams.catalog.validation.faults import faults_of
from streams.catalog.validation.rules import RULES
from streams.delivery.event_status import attempts_with, statuses
from streams.delivery.explanation.delivery_now import DeliveryNow
from streams.delivery.explanation.explain import explain
from streams.delivery.outcome_search import EventOutcome
from streams.events import queries
from streams.events.dry_run import check_stored
from streams.events.models import Feed
from streams.events.search import scan
from streams.observability.event_search import EventSearch
from streams.spec.call_structure import CALLS

if TYPE_CHECKING:
    from streams.events.models import Event
    from streams.spec.issues import Issue

PAGE = 50  # events
NOT_LISTED = (EventOutcome.EXPIRED, EventOutcome.QUARANTINED)  # aren't in the list


class EventSearchForm(forms.Form):
    """Filters of the list, kept in the URL, where `before` selects the page."""

    name = forms.CharField(required=False, label=_("Name starts with"))
    type = forms.ChoiceField(
        required=False,
        label=_("Type"),
        choices=[("", _("All types")), *((name, name) for name in CALLS)],
    )
    user_id = forms.CharField(required=False, label=_("User ID"))
    outcome = forms.ChoiceField(
        required=False,
        label=_("Status"),
        choices=[
            ("", _("Any status")),
            *((one.value, one.label) for one in EventOutcome if one not in NOT_LISTED),
        ],
    )
    message_id = forms.CharField(required=False, max_length=100, label=_("Message ID"))
    email = forms.CharField(required=False, label=_("Email"))
    rule = forms.CharField(required=False, max_length=40, label=_("Issue (rule ID)"))
    since = forms.DateTimeField(
        required=False, label=_("Since (UTC)"), widget=time_input()
    )
    until = forms.DateTimeField(
        required=False, label=_("Until (UTC)"), widget=time_input()
    )

    def clean_rule(self) -> str:
        """Return the ID of a known rule, or nothing."""
        rule: str = self.cleaned_data["rule"].strip().upper()
        if rule and rule not in RULES:
            raise forms.ValidationError(_("There is no rule with this ID."))
        return rule

    def search(self) -> EventSearch:
        """Return what to find: everything if the input is not valid."""
        if not self.is_valid():
            return EventSearch()
        fields = dict(self.cleaned_data)
        outcome = fields.pop("outcome")
        return EventSearch(**fields, outcome=EventOutcome(outcome) if outcome else None)


def events(request: HttpRequest, feed_id: int, site: AdminSite) -> HttpResponse:
    """Show the newest events before `before`, with the status of each."""
    feed = feed_to_see(request, feed_id)
    search = EventSearchForm(request.GET)
    before = request.GET.get("before", "")
    page = search.search().page(
        feed,
        before=int(before) if before.isdecimal() else None,
        limit=PAGE,
        budget_s=scan.FIRST_S,
    )
    known = statuses(feed, page.events)
    asked = {name: request.GET[name] for name in search.fields if request.GET.get(name)}
    content = {
        "title": gettext("Events of %(feed)s") % {"feed": feed},
        "search": search,
        "page": page,
        "rows": [
            (event, known[event.seq], state_badge(known[event.seq]))
            for event in page.events
        ],
        "newest": urlencode(asked) if before else None,
        "older": urlencode({**asked, "before": page.next_before}),
    }
    return _shown(request, site, feed, "admin/feed_events.html", content)


def event(
    request: HttpRequest, feed_id: int, seq: int, site: AdminSite
) -> HttpResponse:
    """Show one event: its payload and its delivery attempts."""
    feed = feed_to_see(request, feed_id)
    found = queries.event(feed, seq)
    if found is None:
        raise Http404
    [fate] = statuses(feed, [found]).values()
    attempts = attempts_with(feed, seq)
    taken = next((one for one in attempts if one.pk == fate.delivery_id), None)
    explanation = explain(
        found,
        fate,
        DeliveryNow.load(feed, workspace=feed.workspace, now=now()),
        delivered_at=taken.started_at if taken else None,
    )
    payload = json.loads(bytes(found.payload))
    content = {
        "title": gettext("Event %(number)s of %(feed)s")
        % {"number": seq, "feed": feed},
        "event": found,
        "payload": json.dumps(payload, indent=2, ensure_ascii=False),
        "faults": _faults(found, feed),
        "explanation": explanation,
        "delivery": delivery_of(feed),
        "deliveries": [(one, outcome_badge(one)) for one in attempts],
    }
    return _shown(request, site, feed, "admin/feed_event.html", content)


def _faults(event: Event, feed: Feed) -> list[tuple[str, Issue, list[Issue]]]:
    """Return each fault: its severity as a badge, its issue, and those that say the same."""
    found = faults_of(check_stored(event, feed.stream).issues)
    return [(severity_badge(first.severity), first, also) for first, *also in found]


def feed_to_see(request: HttpRequest, feed_id: int) -> Feed:
    """Return a feed whose events the operator may see, and record the access."""
    # Events hold data about a customer's users, so they need a permission of their own.
    if not request.user.has_perms(["streams.view_feed", "streams.view_event"]):
        raise PermissionDenied
    feeds = Feed.objects.select_related("workspace", "stream")
    feed = get_object_or_404(feeds, pk=feed_id)
    record_access(EVENTS_OPENED, workspace=feed.workspace, operator=staff_of(request))
    return feed


def _shown(
    request: HttpRequest,
    site: AdminSite,
    feed: Feed,
    template: str,
    content: dict[str, Any],
) -> HttpResponse:
    page = {**site.each_context(request), "opts": Feed._meta, "feed": feed, **content}
    return TemplateResponse(request, template, page)
