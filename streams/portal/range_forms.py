"""Forms that ask for a part of the feed: what to replay, where a connection begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from streams.delivery.selection import ReplayFilter, Selection
from streams.events.numbers import last_before
from streams.portal.forms import CALLS, ConnectionForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget

    from streams.events.models import Feed

HIGHEST = 2**63 - 1  # as the column holds it

SAME, NEW = "same", "new"
ID_HINTS = {
    # (segment/http-api.md, 9: a day is guaranteed, some 170 are usual.)
    SAME: "The safe way. Each keeps its messageId, and Segment drops those that it has:"
    " surely those of the last day, and as a rule older ones.",
    NEW: "Everything arrives once more. Each gets a new messageId, so Segment also takes"
    " what it has: it may count twice in reports and on the bill.",
}
WAITING, NOW, CHOSEN = "waiting", "now", "chosen"


class NumberField(forms.IntegerField):
    """The number of an event."""

    def __init__(self, label: str) -> None:
        digits = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(
            required=False, min_value=1, max_value=HIGHEST, label=label, widget=digits
        )


class MomentField(forms.DateTimeField):
    """A time on the reader's own clock."""

    def __init__(self, label: str) -> None:
        picker = forms.DateTimeInput(attrs={"type": "datetime-local"})
        super().__init__(required=False, label=label, widget=picker)


class ReplayForm(forms.Form):
    """What to send again. What is empty does not matter."""

    since = MomentField("Received from")
    until = MomentField("Received before")
    first = NumberField("From number")
    last = NumberField("To number")
    name = forms.CharField(required=False, max_length=200, label="Event name, in full")
    type = forms.ChoiceField(
        required=False,
        label="Call",
        choices=[("", "All calls"), *((call, call) for call in CALLS)],
    )
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    rejected_only = forms.BooleanField(
        required=False,
        label="Only events that Segment refused",
        help_text="For when what it objected to has been put right in Segment.",
    )
    ids = forms.ChoiceField(
        label="How should Segment take them?",
        widget=forms.RadioSelect,
        initial=SAME,
        choices=[(SAME, "As the same events"), (NEW, "As new events")],
    )

    def id_choices(self) -> Iterator[tuple[BoundWidget, str]]:
        """Each way's button, and what it means."""
        for radio in self["ids"]:
            yield radio, ID_HINTS[radio.data["value"]]

    @property
    def new_ids(self) -> bool:
        return bool(self.cleaned_data["ids"] == NEW)

    def selection(self) -> Selection:
        """What was asked for; the form is valid."""
        asked = self.cleaned_data
        return Selection(
            **{name: asked[name] for name in ("first", "last", "since", "until")},
            filter=ReplayFilter(
                name=asked["name"],
                type=asked["type"],
                user_id=asked["user_id"],
                rejected_only=asked["rejected_only"],
            ),
        )


class NewConnectionForm(ConnectionForm):
    """A key, a region, and where in the feed to begin."""

    start = forms.ChoiceField(
        required=False,
        label="What should be sent?",
        widget=forms.RadioSelect,
        initial=WAITING,
        choices=[
            (WAITING, "Everything that waits, and what comes"),
            (NOW, "Only what comes from now on"),
            (CHOSEN, "From an event or a time that I choose"),
        ],
    )
    start_seq = NumberField("From number")
    start_at = MomentField("Or received from")

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
            self.add_error("start", "Give either a number or a time to begin with.")
        return super().clean()

    def after(self) -> int | None:
        """The number after which to begin; None: what waits. The form is valid."""
        chosen = self.cleaned_data.get("start") or WAITING
        if chosen == WAITING:
            return None
        if chosen == NOW:
            return self.feed.head_seq
        if self.cleaned_data["start_seq"] is not None:
            return int(self.cleaned_data["start_seq"]) - 1
        return last_before(self.feed, self.cleaned_data["start_at"])

    def starts(self) -> Iterator[tuple[BoundWidget, str]]:
        """Each start's button, and what it means."""
        hints = {
            WAITING: "Nothing is left out, and nothing is sent twice.",
            NOW: "What came in before is kept, but not sent. You can replay it later.",
            CHOSEN: "Events that an earlier connection has sent already are sent again.",
        }
        for radio in self["start"]:
            yield radio, hints[radio.data["value"]]
