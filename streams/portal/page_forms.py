"""Forms about a stream's docs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator

from streams.base.text import validate_lines
from streams.catalog.pages.kinds import CATEGORIES
from streams.catalog.pages.logo import MAX_BYTES
from streams.catalog.pages.models import MAX_TEXT

_web_address = URLValidator(schemes=["http", "https"])


class PageForm(forms.Form):
    """`seen` is the mark of the text that this form was first filled with."""

    text = forms.CharField(
        max_length=MAX_TEXT,
        strip=False,
        required=False,
        label="Text",
        widget=forms.Textarea(attrs={"spellcheck": "true", "rows": 30}),
    )
    seen = forms.CharField(max_length=20, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """With lines that end as they do everywhere but in forms."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")


class MarkForm(forms.Form):
    """Does something with a page, if it still is as one was shown it."""

    seen = forms.CharField(max_length=20, widget=forms.HiddenInput)


def _address(label: str, **more: Any) -> forms.URLField:
    return forms.URLField(
        max_length=300,
        required=False,
        label=label,
        assume_scheme="https",
        validators=[_web_address],
        **more,
    )


class ProfileForm(forms.Form):
    about = forms.CharField(
        max_length=400,
        validators=[validate_lines],
        required=False,
        label="What the tool does",
        help_text="A sentence or two that begins with its name. Both pages begin with it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    website = _address("Website")
    support_email = forms.EmailField(
        required=False,
        label="Support e-mail",
        help_text="Where customers and Segment ask for help. Everybody can read it.",
    )
    docs_url = _address(
        "Your own help page", help_text="About this integration, if you have one."
    )
    category = forms.ChoiceField(
        choices=[("", "None yet"), *((one, one) for one in CATEGORIES)],
        required=False,
        label="Category",
        help_text="Of Segment's catalog; our staff read it when they review the stream.",
    )
    catalog_id = forms.CharField(
        max_length=40,
        required=False,
        label="Segment's id",
        help_text="Of the source in Segment's catalog, once Segment has told you.",
    )


class LogoForm(forms.Form):
    logo = forms.FileField(
        label="Logo",
        allow_empty_file=True,
        help_text=f"An SVG or a PNG of up to {MAX_BYTES // 1000} KB, as good as square.",
        widget=forms.FileInput(attrs={"accept": ".svg,.png,image/svg+xml,image/png"}),
    )
