"""A feed's events in quarantine, read-only: members of the customer or partner decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from django import forms
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.feed_events import feed_to_see
from streams.admin.shared.row_ids import row_id
from streams.events.models import Feed, QuarantinedEvent
from streams.events.quarantine import QuarantineFilter

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

MOST_ROWS = 100


class QuarantineSearchForm(forms.Form):
    """Filters of the list, kept in the URL, where `before` selects the page."""

    rule = forms.CharField(required=False, max_length=40, label=_("Rule"))
    name = forms.CharField(required=False, max_length=200, label=_("Full event name"))
    user_id = forms.CharField(required=False, max_length=200, label=_("User ID"))
    message_id = forms.CharField(required=False, max_length=100, label=_("Message ID"))

    def find(self, feed: Feed) -> QuerySet[QuarantinedEvent]:
        """Return the events that match; all of them if the input is not valid."""
        values = self.cleaned_data if self.is_valid() else {}
        held = QuarantineFilter(
            rule=values.get("rule", ""), name=values.get("name", "")
        ).of([feed.pk])
        ids = ("user_id", "message_id")
        return held.filter(**{one: values[one] for one in ids if values.get(one)})


def quarantine(request: HttpRequest, feed_id: int, site: AdminSite) -> HttpResponse:
    """List the newest events in quarantine before `before`; show the payload of `id`."""
    feed = feed_to_see(request, feed_id)
    search = QuarantineSearchForm(request.GET)
    found = search.find(feed).defer("payload").order_by("-pk")
    if before := row_id(request.GET.get("before")):
        found = found.filter(pk__lt=before)
    rows = list(found[: MOST_ROWS + 1])
    asked = {name: request.GET[name] for name in search.fields if request.GET.get(name)}
    shown = _shown(feed, row_id(request.GET.get("id")))
    content: dict[str, Any] = {
        **site.each_context(request),
        "opts": Feed._meta,
        "feed": feed,
        "title": gettext("Quarantine of %(feed)s") % {"feed": feed},
        "search": search,
        "rows": rows[:MOST_ROWS],
        "asked": urlencode(asked),
        "older": (
            urlencode({**asked, "before": rows[MOST_ROWS - 1].pk})
            if len(rows) > MOST_ROWS
            else ""
        ),
        "shown": shown,
        "payload": _readable(bytes(shown.payload)) if shown else "",
    }
    return TemplateResponse(request, "admin/feed_quarantine.html", content)


def _shown(feed: Feed, pk: int | None) -> QuarantinedEvent | None:
    return QuarantinedEvent.objects.filter(feed=feed, pk=pk).first() if pk else None


def _readable(payload: bytes) -> str:
    """Return the payload with an indent, or as it is if it isn't JSON."""
    try:
        return msgspec.json.format(payload, indent=2).decode()
    except msgspec.DecodeError:
        return payload.decode(errors="replace")
