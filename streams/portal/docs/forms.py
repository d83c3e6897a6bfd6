"""Forms of a stream's docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import URLValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from streams.base.text.validation import validate_lines
from streams.catalog.pages.logo import MAX_BYTES
from streams.catalog.pages.models import MAX_TEXT
from streams.catalog.pages.page_kinds import CATEGORIES

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_web_address = URLValidator(schemes=["http", "https"])


class PageForm(forms.Form):
    """`seen` is the mark of the text that the form was first filled with."""

    text = forms.CharField(
        max_length=MAX_TEXT,
        strip=False,
        required=False,
        label=_("Text"),
        error_messages={
            "max_length": _(
                "The text can have at most %(limit_value)d characters. It has"
                " %(show_value)d."
            )
        },
        widget=forms.Textarea(attrs={"spellcheck": "true", "rows": 30}),
    )
    seen = forms.CharField(max_length=20, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """Normalize the line breaks, which forms send as CRLF."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")


class MarkForm(forms.Form):
    """Carries the mark of the page that was shown, to detect changes since."""

    seen = forms.CharField(max_length=20, widget=forms.HiddenInput)


def _address(label: StrOrPromise, **more: Any) -> forms.URLField:
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
        label=_("Description"),
        help_text=_(
            "One or two sentences that start with the tool's name. Shown at the top of both pages."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    website = _address(_("Website"))
    support_email = forms.EmailField(
        required=False,
        label=_("Support email"),
        help_text=_("Where customers and Segment can contact you. Shown publicly."),
    )
    docs_url = _address(
        _("Help page"), help_text=_("Your own page about this integration, if any.")
    )
    category = forms.ChoiceField(
        choices=[("", _("None yet")), *((name, name) for name in CATEGORIES)],
        required=False,
        label=_("Category"),
        help_text=_(
            "The category in Segment's catalog. Used for the review of the stream."
        ),
    )
    catalog_id = forms.CharField(
        max_length=40,
        required=False,
        label=_("Segment source ID"),
        help_text=_(
            "The ID of the source in Segment's catalog. Leave empty until Segment assigns it."
        ),
    )


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=_("Logo"),
        allow_empty_file=True,
        help_text=format_lazy(
            _("An SVG or PNG file of up to {kilobytes} KB. Square images look best."),
            kilobytes=MAX_BYTES // 1000,
        ),
        widget=forms.FileInput(attrs={"accept": ".svg,.png,image/svg+xml,image/png"}),
    )
