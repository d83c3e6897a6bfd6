from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.base.text.validation import validate_one_line
from streams.portal.stream.forms import OfAStreamForm
from streams.tenancy.external_ids import InvalidExternalId, clean_external_id


class WorkspaceForm(OfAStreamForm):
    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Name"),
        help_text=_("The customer's name. The customer sees it."),
    )
    external_id = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Your ID"),
        help_text=_(
            "The customer's ID in your tool. Your events refer to it, so use an ID that"
            " never changes, not a name."
        ),
    )

    def clean_external_id(self) -> str:
        try:
            return clean_external_id(self.cleaned_data["external_id"])
        except InvalidExternalId as error:
            raise forms.ValidationError(str(error)) from None
