"""Forms that select a part of the feed: events to replay, the start of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.delivery.replay.filter import ReplayFilter, ReplaySelection
from streams.events.time_index import last_before
from streams.portal.connection.forms import ConnectionForm
from streams.portal.forms import CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

    from streams.events.models import Feed

HIGHEST = 2**63 - 1  # as the column holds it

SAME, NEW = "same", "new"
ID_HINTS = {
    # (segment/http-api.md, 9: a day is guaranteed, some 170 are usual.)
    SAME: _(
        "Recommended. Segment drops duplicates of at least the last 24 hours, and usually"
        " of older events too."
    ),
    NEW: _(
        "Segment treats every event as new. Events that it already has may be counted"
        " twice in reports and on your bill."
    ),
}
WAITING, NOW, CHOSEN = "waiting", "now", "chosen"


class NumberField(forms.IntegerField):
    """An event number."""

    def __init__(self, label: StrOrPromise) -> None:
        digits = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(
            required=False, min_value=1, max_value=HIGHEST, label=label, widget=digits
        )


class MomentField(forms.DateTimeField):
    """A time in the reader's time zone."""

    def __init__(self, label: StrOrPromise) -> None:
        picker = forms.DateTimeInput(attrs={"type": "datetime-local"})
        super().__init__(required=False, label=label, widget=picker)


class ReplayForm(forms.Form):
    """The filters of a replay; empty ones match everything."""

    since = MomentField(_("Received from"))
    until = MomentField(_("Received before"))
    first = NumberField(_("From event number"))
    last = NumberField(_("To event number"))
    name = forms.CharField(required=False, max_length=200, label=_("Full event name"))
    type = forms.ChoiceField(
        required=False,
        label=_("Call"),
        choices=[("", _("All calls")), *((call, call) for call in CALLS)],
    )
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    rejected_only = forms.BooleanField(
        required=False,
        label=_("Only events that Segment rejected"),
        help_text=_("Use this after you fixed the cause in Segment."),
    )
    ids = forms.ChoiceField(
        label=_("Deduplication"),
        widget=forms.RadioSelect,
        initial=SAME,
        choices=[(SAME, _("Keep messageId")), (NEW, _("Generate new messageId"))],
    )

    def id_choices(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each option's radio button and its hint."""
        for radio in self["ids"]:
            yield radio, ID_HINTS[radio.data["value"]]

    @property
    def new_ids(self) -> bool:
        return bool(self.cleaned_data["ids"] == NEW)

    def selection(self) -> ReplaySelection:
        """The range and the filter; the form is valid."""
        asked = self.cleaned_data
        return ReplaySelection(
            **{name: asked[name] for name in ("first", "last", "since", "until")},
            filter=ReplayFilter(
                name=asked["name"],
                type=asked["type"],
                user_id=asked["user_id"],
                rejected_only=asked["rejected_only"],
            ),
        )


class NewConnectionForm(ConnectionForm):
    """A write key, a region, and the first event to send."""

    start = forms.ChoiceField(
        required=False,
        label=_("Events to send"),
        widget=forms.RadioSelect,
        initial=WAITING,
        choices=[
            (WAITING, _("All queued and new events")),
            (NOW, _("New events only")),
            (CHOSEN, _("From a specific event or time")),
        ],
    )
    start_seq = NumberField(_("From event number"))
    start_at = MomentField(_("Or received from"))

    def __init__(self, feed: Feed, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.feed = feed
        if not feed.head_seq:  # there is nothing to choose from
            for name in ("start", "start_seq", "start_at"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        asked = self.cleaned_data
        number, moment = asked.get("start_seq"), asked.get("start_at")
        if asked.get("start") == CHOSEN and (number is None) == (moment is None):
            self.add_error("start", _("Enter either an event number or a time."))
        return super().clean()

    def after(self) -> int | None:
        """The number of the last event to leave out; None: start with the queue.

        The form is valid.
        """
        chosen = self.cleaned_data.get("start") or WAITING
        if chosen == WAITING:
            return None
        if chosen == NOW:
            return self.feed.head_seq
        if self.cleaned_data["start_seq"] is not None:
            return int(self.cleaned_data["start_seq"]) - 1
        return last_before(self.feed, self.cleaned_data["start_at"])

    def starts(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each option's radio button and its hint."""
        hints = {
            WAITING: _("Every event is sent once."),
            NOW: _(
                "Earlier events are stored but not sent. You can replay them later."
            ),
            CHOSEN: _("Events that an earlier connection already sent are sent again."),
        }
        for radio in self["start"]:
            yield radio, hints[radio.data["value"]]
