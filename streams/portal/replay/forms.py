"""The form of a replay: which events, and with which messageId."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.delivery.replay.filter import (
    MAX_SEQS,
    MORE,
    ReplayFilter,
    ReplaySelection,
)
from streams.events.search.payload_condition import InvalidProperty, PropertyIs
from streams.portal.shared.form_choices import CALL_CHOICES, MomentField, NumberField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

SAME, NEW = "same", "new"
FILTER_FIELDS = ("name", "type", "user_id", "rejected_only", *MORE)
ID_HINTS = {
    # (segment/http-api.md, 9: a day is guaranteed, some 170 are usual.)
    SAME: _(
        "Recommended. Segment ignores events that it got within the last 24 hours, and"
        " usually older ones, too: sending them again has no effect."
    ),
    NEW: _(
        "Segment treats every event as new. Events that it already has may be counted"
        " twice in reports and on your bill."
    ),
}

EVENT_NUMBER = re.compile(r"[0-9]{1,18}")


class NumbersField(forms.Field):
    """Event numbers that were selected in a list."""

    widget = hidden_widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> tuple[int, ...]:
        """Return the numbers. Raises ValidationError."""
        texts = value or []
        if len(texts) > MAX_SEQS:
            raise forms.ValidationError(
                _("Select at most %(most)s events.") % {"most": f"{MAX_SEQS:,}"}
            )
        if not all(EVENT_NUMBER.fullmatch(text) for text in texts):
            raise forms.ValidationError(_("An event number is invalid."))
        return tuple(sorted({int(text) for text in texts}))


class ReplayForm(forms.Form):
    """The filters of a replay; empty ones match everything."""

    since = MomentField(_("Received since"))
    until = MomentField(_("Received before"))
    first = NumberField(_("From event number"))
    last = NumberField(_("To event number"))
    name = forms.CharField(required=False, max_length=200, label=_("Full event name"))
    type = forms.ChoiceField(
        required=False,
        label=_("Call"),
        choices=CALL_CHOICES,
    )
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    name_start = forms.CharField(
        required=False, max_length=200, label=_("Event name starts with")
    )
    message_id = forms.CharField(
        required=False,
        max_length=100,
        label="messageId",
        help_text=_("The ID of one event."),
    )
    anonymous_id = forms.CharField(
        required=False,
        max_length=1_000,
        label="anonymousId",
        help_text=_("The ID of a person without a userId."),
    )
    email = forms.CharField(required=False, max_length=1_000, label=_("Person's email"))
    property_is = forms.CharField(
        required=False,
        max_length=1_000,
        label=_("Property"),
        help_text=_("A field of the event, and its value."),
        widget=forms.TextInput(attrs={"placeholder": _("properties.plan = pro")}),
    )
    seqs = NumbersField(required=False)
    # Set by the selection of a list, so that an empty one isn't all events.
    selected = forms.BooleanField(required=False, widget=forms.HiddenInput)
    rejected_only = forms.BooleanField(
        required=False,
        label=_("Only events that Segment rejected"),
        help_text=_("Use this after the cause is fixed."),
    )
    ids = forms.ChoiceField(
        label=_("Deduplication"),
        widget=forms.RadioSelect,
        initial=SAME,
        choices=[(SAME, _("Keep messageId")), (NEW, _("Generate new messageId"))],
    )

    def clean_property_is(self) -> str:
        """Return a path, =, and a value."""
        text: str = self.cleaned_data["property_is"]
        try:
            if text:
                PropertyIs.parse(text)
        except InvalidProperty:
            raise forms.ValidationError(
                _("Enter a path, =, and a value, such as properties.plan = pro.")
            ) from None
        return text

    def clean(self) -> dict[str, Any]:
        """Refuse an empty selection."""
        if self.cleaned_data.get("selected") and not self.cleaned_data.get("seqs"):
            self.add_error(None, _("Select at least one event in the list."))
        return self.cleaned_data

    def id_choices(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each option's radio button and its hint."""
        for radio in self["ids"]:
            yield radio, ID_HINTS[radio.data["value"]]

    @property
    def more_is_set(self) -> bool:
        """Whether a field below “More filters” has a value."""
        return any(self[name].value() for name in MORE if name != "seqs")

    @property
    def new_ids(self) -> bool:
        return bool(self.cleaned_data["ids"] == NEW)

    def selection(self) -> ReplaySelection:
        """The range and the filter; the form is valid."""
        cleaned = self.cleaned_data
        first, last = cleaned["first"], cleaned["last"]
        if seqs := cleaned["seqs"]:
            first, last = max(first or 1, seqs[0]), min(last or seqs[-1], seqs[-1])
        return ReplaySelection(
            first=first,
            last=last,
            since=cleaned["since"],
            until=cleaned["until"],
            filter=ReplayFilter(**{name: cleaned[name] for name in FILTER_FIELDS}),
        )
