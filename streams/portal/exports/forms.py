from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.exports.models import Export

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

HINTS: dict[str, StrOrPromise] = {
    Export.Format.JSON_LINES: _("One event per line, for scripts and data warehouses."),
    Export.Format.JSON: _("One array with all events."),
    Export.Format.CSV: _("For spreadsheets. The payload is one column of JSON."),
}


class ExportForm(forms.Form):
    """The format of a file."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=Export.Format.choices,
        initial=Export.Format.JSON_LINES,
        widget=forms.RadioSelect,
    )

    def format_choices(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each format's radio button and its hint."""
        for radio in self["format"]:
            yield radio, HINTS[radio.data["value"]]
