from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from streams.portal.identity.forms import PersonForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ConfirmedPersonForm(PersonForm):
    """A person, and a word that confirms what happens."""

    word: StrOrPromise

    confirm = forms.CharField(
        max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].label = _("Identify the person by")
        label = _t("To confirm, enter “%(word)s”") % {"word": self.word}
        self.fields["confirm"].label = label

    def clean_confirm(self) -> str:
        """Refuse any other word."""
        if self.cleaned_data["confirm"].strip().lower() != str(self.word):
            raise forms.ValidationError(self.refusal())
        return str(self.word)

    def refusal(self) -> str:
        """Return what to say about another word."""
        return _t("Enter “%(word)s”. Nothing was changed.") % {"word": self.word}


class ErasureForm(ConfirmedPersonForm):
    """A person to erase, and a word that confirms it."""

    word = _("erase")

    def refusal(self) -> str:
        return _t("Enter “%(word)s”. Nothing was erased.") % {"word": self.word}
