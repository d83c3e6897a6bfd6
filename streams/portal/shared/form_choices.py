"""Form fields, choices, and query parameters that several pages share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from streams.spec.validation_modes import CHOICES, ValidationMode

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CALLS = ("identify", "track", "page", "screen", "group", "alias")
# For filters: each call with the kind of event that it is.
CALL_CHOICES = [
    ("", _("All calls")),
    ("identify", _("identify: who a person is")),
    ("track", _("track: something a person did")),
    ("page", _("page: a page view")),
    ("screen", _("screen: a view in an app")),
    ("group", _("group: a person's company")),
    ("alias", _("alias: two IDs of a person")),
]

MAX_NUMBER = 2**63 - 1  # the column's limit

MODES = [(mode, _(label)) for mode, label in CHOICES]
MODE_HINTS: dict[ValidationMode, StrOrPromise] = {
    ValidationMode.OFF: _(
        "Events aren't validated. Only events that Segment would drop are rejected."
    ),
    ValidationMode.WARN: _(
        "Events with issues are still delivered. The response to the sender lists the"
        " issues."
    ),
    ValidationMode.QUARANTINE: _(
        "Events with errors are kept in quarantine until someone renames, releases, or"
        " discards them."
    ),
    ValidationMode.REJECT: _(
        "Events with errors are rejected and not stored. The response explains how to fix"
        " them."
    ),
}


class NumberField(forms.IntegerField):
    """An event number."""

    def __init__(self, label: StrOrPromise) -> None:
        digits = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(
            required=False,
            min_value=1,
            max_value=MAX_NUMBER,
            label=label,
            widget=digits,
        )


class MomentField(forms.DateTimeField):
    """A time in the reader's time zone; in a URL, it may have an offset."""

    YEARS = range(1971, 3000)  # so that no conversion leaves the calendar

    def __init__(self, label: StrOrPromise, *, required: bool = False) -> None:
        picker = forms.DateTimeInput(attrs={"type": "datetime-local"})
        super().__init__(required=required, label=label, widget=picker)

    def to_python(self, value: Any) -> datetime | None:
        """Return the time. Raises ValidationError."""
        moment: datetime | None = super().to_python(value)
        if moment is not None and moment.year not in self.YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return moment

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the value for the picker, which takes no offset."""
        sent = super().bound_data(data, initial)
        try:
            moment = self.to_python(sent)
        except forms.ValidationError:
            return sent
        local = moment and timezone.localtime(moment).replace(tzinfo=None)
        return local.isoformat(timespec="seconds") if local else sent


def number_in(query: Any, name: str) -> int | None:
    """Return the number in a query parameter; None if it is missing or not a number."""
    text = str(query.get(name, ""))
    return int(text) if is_number(text) else None


def is_number(text: str) -> bool:
    """Whether a text is a number that fits a column."""
    return text.isascii() and text.isdigit() and len(text) < 19
