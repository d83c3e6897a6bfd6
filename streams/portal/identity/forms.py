"""The form that looks up a person by one identifier or by the userId."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from streams.identity.identifiers import (
    MAX_TYPE,
    MAX_VALUE,
    Identifier,
    IdentifierKind,
    normalized,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.identity.identifiers import NamedPerson

USER_ID = "user_id"
Kind = IdentifierKind
# Values in the form, in the order in which people look for someone.
KINDS: dict[str, tuple[StrOrPromise, Kind | None]] = {
    "email": (Kind.EMAIL.label, Kind.EMAIL),
    USER_ID: ("userId", None),
    "tool_id": (Kind.TOOL_ID.label, Kind.TOOL_ID),
    "phone": (Kind.PHONE.label, Kind.PHONE),
    "anonymous_id": (Kind.ANONYMOUS_ID.label, Kind.ANONYMOUS_ID),
    "external_id": (Kind.EXTERNAL_ID.label, Kind.EXTERNAL_ID),
}
# No draft of it stays in the browser (forms.js), and the browser suggests no earlier one.
_PRIVATE = {"autocomplete": "off", "spellcheck": "false", "data-secret": ""}


class PersonForm(forms.Form):
    """A userId, or an identifier of a person."""

    kind = forms.ChoiceField(
        label=_("Look up by"),
        choices=[(key, label) for key, (label, _kind) in KINDS.items()],
    )
    # By this name, it is a secret that no page repeats (web/kept_forms.py).
    person = forms.CharField(
        max_length=MAX_VALUE,
        strip=False,  # a userId is compared byte for byte
        label=_("Value"),
        widget=forms.TextInput(attrs=_PRIVATE),
    )
    type = forms.CharField(
        max_length=MAX_TYPE,
        required=False,
        label=_("Type of the external ID"),
        help_text=_("Such as customer_id. Only for an external ID."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a value that no link can have."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and self.identifier and normalized(self.identifier) is None:
            raise ValidationError(
                {"person": _t("This value can't identify a person. Check its format.")}
            )
        return cleaned

    @property
    def user_id(self) -> str | None:
        """The userId of a valid form, byte for byte; None for a form with an identifier."""
        is_user_id = self.cleaned_data["kind"] == USER_ID
        return str(self.cleaned_data["person"]) if is_user_id else None

    @property
    def named(self) -> NamedPerson:
        """The arguments that name the person of a valid form in services."""
        identifier = self.identifier
        return {
            "user_id": self.user_id or "",
            "identifiers": [identifier] if identifier else [],
        }

    @property
    def identifier(self) -> Identifier | None:
        """The identifier of a valid form; None for a form with a userId."""
        _label, kind = KINDS[self.cleaned_data["kind"]]
        if kind is None:
            return None
        value = self.cleaned_data["person"]
        if kind != Kind.EXTERNAL_ID:
            return Identifier(kind=kind, value=value)
        # As in identity/external_ids.py.
        return Identifier(kind, value, self.cleaned_data["type"].strip().lower())
