"""Form fields, choices, and query parameters that several pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.spec.validation_modes import CHOICES, ValidationMode

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CALLS = ("identify", "track", "page", "screen", "group", "alias")

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
    """A time in the reader's time zone."""

    def __init__(self, label: StrOrPromise) -> None:
        picker = forms.DateTimeInput(attrs={"type": "datetime-local"})
        super().__init__(required=False, label=label, widget=picker)


def number_in(query: Any, name: str) -> int | None:
    """Return the number in a query parameter; None if it is missing or not a number."""
    text = str(query.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
