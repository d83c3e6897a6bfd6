from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.exports.models import Export

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.forms.boundfield import BoundWidget
    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise


class ExportForm(forms.Form):
    """The format of a file."""

    format = forms.ChoiceField(
        label=_("Format"),
        # CSV first: most people open the file in a spreadsheet.
        choices=sorted(
            Export.Format.choices, key=lambda one: one[0] != Export.Format.CSV
        ),
        initial=Export.Format.CSV,
        widget=forms.RadioSelect,
    )

    def __init__(
        self, data: QueryDict | None, *, hints: Mapping[str, StrOrPromise]
    ) -> None:
        super().__init__(data)
        self._hints = hints

    def format_choices(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each format's radio button and its hint."""
        for radio in self["format"]:
            yield radio, self._hints[radio.data["value"]]
