from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.uploads.services import MAX_PART_BYTES


class UploadForm(forms.Form):
    """A file with userIds. The browser sends a large one in parts, here the first."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or JSON Lines, in UTF-8, up to 1 GB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.json,.jsonl,.ndjson"}),
    )
    # Of the whole file, if the browser sends it in parts.
    size_bytes = forms.IntegerField(
        required=False, min_value=1, widget=forms.HiddenInput
    )


class PartForm(forms.Form):
    """The next part of a file."""

    number = forms.IntegerField(min_value=1)
    file = forms.FileField()

    def clean_file(self) -> bytes:
        """Return the bytes of the part."""
        file = self.cleaned_data["file"]
        if file.size > MAX_PART_BYTES:
            raise forms.ValidationError(_("The part is too large."))
        data: bytes = file.read()
        return data
