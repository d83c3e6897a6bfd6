"""Forms of a stream's tracking plan."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.base.text.validation import validate_one_line
from streams.catalog.plans.files.importing import MAX_BYTES
from streams.catalog.plans.models import PlanVersion

MAX_NOTE = PlanVersion._meta.get_field("note").max_length or 0


class SeenForm(forms.Form):
    """Carries the mark of the plan that was shown, to detect changes since."""

    seen = forms.CharField(max_length=16, widget=forms.HiddenInput)


class PublishForm(SeenForm):
    note = forms.CharField(
        max_length=MAX_NOTE,
        validators=[validate_one_line],
        required=False,
        label=_("Release note"),
        help_text=_("One sentence: what changed and why. Shown in the public docs."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        help_text=format_lazy(
            _("A YAML or JSON Schema file of up to {megabytes} MB."),
            megabytes=MAX_BYTES // 1_000_000,
        ),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
    )


class ImportForm(SeenForm):
    """Carries the text of a file through the preview of its changes."""

    text = forms.CharField(max_length=2 * MAX_BYTES, strip=False, widget=forms.HiddenInput)  # fmt: skip


class RenameForm(forms.Form):
    """Rename an event to the Spec's name for it."""

    call = forms.CharField(max_length=20)
    name = forms.CharField(max_length=200, strip=False)
    to = forms.CharField(max_length=200)


class CompareForm(forms.Form):
    """Two versions or the draft, listed newest first."""

    def __init__(self, versions: list[PlanVersion], data: Any = None) -> None:
        numbers = [
            (
                version.number,
                gettext("Plan version %(number)d") % {"number": version.number}
                if version.published_at
                else gettext("Draft"),
            )
            for version in versions
        ]
        initial = {"from": versions[1].number, "to": versions[0].number} if len(versions) > 1 else {}  # fmt: skip
        super().__init__(data, initial=initial)
        # `from` is a keyword, so these can't be class attributes.
        for end, label in (("from", _("From")), ("to", _("To"))):
            self.fields[end] = forms.TypedChoiceField(
                label=label, choices=numbers, coerce=int
            )
