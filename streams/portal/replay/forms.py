"""The form of a replay: which events, and with which messageId."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.delivery.replay.filter import ReplayFilter, ReplaySelection
from streams.portal.shared.form_choices import CALLS, MomentField, NumberField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

SAME, NEW = "same", "new"
ID_HINTS = {
    # (segment/http-api.md, 9: a day is guaranteed, some 170 are usual.)
    SAME: _(
        "Recommended. Segment drops duplicates from at least the last 24 hours, and usually"
        " from longer ago."
    ),
    NEW: _(
        "Segment treats every event as new. Events that it already has may be counted"
        " twice in reports and on your bill."
    ),
}


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
        choices=[("", _("All calls")), *((call, call) for call in CALLS)],
    )
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    rejected_only = forms.BooleanField(
        required=False,
        label=_("Only events that Segment rejected"),
        help_text=_("Use this after you fix the cause in Segment."),
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
        cleaned = self.cleaned_data
        return ReplaySelection(
            **{name: cleaned[name] for name in ("first", "last", "since", "until")},
            filter=ReplayFilter(
                name=cleaned["name"],
                type=cleaned["type"],
                user_id=cleaned["user_id"],
                rejected_only=cleaned["rejected_only"],
            ),
        )
