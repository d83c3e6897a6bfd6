from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from streams.portal.identity.forms import PersonForm

WORD = _("erase")


class ErasureForm(PersonForm):
    """A person to erase, and a word that confirms it."""

    confirm = forms.CharField(
        max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].label = _("Identify the person by")
        label = _t("To confirm, enter “%(word)s”") % {"word": WORD}
        self.fields["confirm"].label = label

    def clean_confirm(self) -> str:
        """Refuse any other word."""
        if self.cleaned_data["confirm"].strip().lower() != str(WORD):
            raise forms.ValidationError(
                _t("Enter “%(word)s”. Nothing was erased.") % {"word": WORD}
            )
        return str(WORD)
