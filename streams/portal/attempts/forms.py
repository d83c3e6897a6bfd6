from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.delivery.attempts.filter import AttemptFilter, is_status
from streams.delivery.models import Delivery
from streams.portal.shared.filter_forms import TimeFilterForm
from streams.portal.shared.form_choices import number_in

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

STATUSES = (
    "200",
    "400",
    "401",
    "403",
    "413",
    "429",
    "500",
    "503",
    "4xx",
    "5xx",
    "none",
)


class AttemptFilterForm(TimeFilterForm):
    """The filters of the list of attempts, its page, and the attempt beside it."""

    kept = ("stream", "connection")
    controls = (*TimeFilterForm.controls, "attempt")
    main = ("outcome", "status", "min_ms")

    outcome = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Outcome"),
        choices=[("", gettext_lazy("All outcomes")), *Delivery.Outcome.choices],
    )
    status = forms.CharField(
        required=False,
        label=gettext_lazy("Response status"),
        max_length=4,
        widget=forms.TextInput(
            attrs={"placeholder": gettext_lazy("503, 4xx, or none")}
        ),
    )
    min_ms = forms.IntegerField(
        required=False,
        label=gettext_lazy("Slower than (ms)"),
        min_value=1,
        max_value=10**7,
    )
    error = forms.CharField(
        required=False,
        label=gettext_lazy("Error"),
        max_length=300,
        widget=forms.HiddenInput,
    )

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query, suggestions={"status": STATUSES})

    def clean_status(self) -> str:
        """Return a status in lower case."""
        text: str = self.cleaned_data["status"].lower()
        if text and not is_status(text):
            raise forms.ValidationError(
                _("Enter a status code such as 503, or 4xx, 5xx, or none.")
            )
        return text

    def filters(self, now: datetime) -> AttemptFilter:
        """Return the filter; invalid values are left out."""
        since, until = self.time_range(now)
        names = ("outcome", "status", "min_ms", "error")
        given = {name: self.values[name] for name in names if name in self.values}
        return AttemptFilter(**given, since=since, until=until)

    def before(self) -> int | None:
        """The ID that this page ends before."""
        return number_in(self.data, "before")

    def opened(self) -> int | None:
        """The ID of the attempt in the panel beside the list."""
        return number_in(self.data, "attempt")
