"""Forms about a stream's plan."""

from __future__ import annotations

from typing import Any

from django import forms

from streams.base.text import validate_one_line
from streams.catalog.plans.files.reading import MAX_BYTES
from streams.catalog.plans.models import PlanVersion

MAX_NOTE = PlanVersion._meta.get_field("note").max_length or 0


class SeenForm(forms.Form):
    """Decides about the plan, if it still is as one was shown it."""

    seen = forms.CharField(max_length=16, widget=forms.HiddenInput)


class PublishForm(SeenForm):
    note = forms.CharField(
        max_length=MAX_NOTE,
        validators=[validate_one_line],
        required=False,
        label="What changed, and why",
        help_text="A sentence for the change history, which everybody can read.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class FileForm(forms.Form):
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text=f"YAML or a JSON Schema, of up to {MAX_BYTES // 1_000_000} MB.",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
    )


class ImportForm(SeenForm):
    """What a file said, on its way through the page that shows what it changes."""

    text = forms.CharField(max_length=2 * MAX_BYTES, strip=False, widget=forms.HiddenInput)  # fmt: skip


class RenameForm(forms.Form):
    """The Spec's name for an event that has another one."""

    call = forms.CharField(max_length=20)
    name = forms.CharField(max_length=200, strip=False)
    to = forms.CharField(max_length=200)


class CompareForm(forms.Form):
    """Two versions, the draft among them, given the newest first."""

    def __init__(self, versions: list[PlanVersion], data: Any = None) -> None:
        numbers = [
            (one.number, f"Version {one.number}" if one.published_at else "The draft")
            for one in versions
        ]
        initial = {"from": versions[1].number, "to": versions[0].number} if len(versions) > 1 else {}  # fmt: skip
        super().__init__(data, initial=initial)
        for end in ("from", "to"):  # `from` is no name in a class
            self.fields[end] = forms.TypedChoiceField(
                label=end.capitalize(), choices=numbers, coerce=int
            )
