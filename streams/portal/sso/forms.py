"""Forms of single sign-on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.base.customer_urls.urls import UrlRefused
from streams.base.text.validation import validate_one_line
from streams.sign_in.sso.http import provider_url
from streams.sign_in.sso.services import SsoSettings
from streams.tenancy.models import PartnerMembership

if TYPE_CHECKING:
    from streams.sign_in.sso.models import SsoProvider

MAX_VALUES = 500  # characters of all values of a role
ROLES = PartnerMembership.Role
_SEPARATORS = re.compile(r"[,\n]")


class FindForm(forms.Form):
    """The email address whose domain names the provider."""

    email = forms.EmailField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class SsoForm(forms.Form):
    """A partner's provider. The stored secret is never in it."""

    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=500,
        validators=[validate_one_line],
        widget=forms.URLInput(attrs={"placeholder": "https://login.example.com"}),
        help_text=_(
            "The URL before /.well-known/openid-configuration. It must be reachable from the"
            " internet, and may not redirect."
        ),
    )
    client_id = forms.CharField(
        label=_("Client ID"),
        max_length=200,
        validators=[validate_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    role_claim = forms.CharField(
        label=_("Role claim"),
        max_length=100,
        required=False,
        validators=[validate_one_line],
        help_text=_(
            "The claim that decides the role in your team, such as groups. It applies at each"
            " sign-in. Leave it empty to manage roles on the Members page."
        ),
    )
    admin_values = forms.CharField(
        label=_("Values for Admin"),
        max_length=MAX_VALUES,
        required=False,
        help_text=_("Separate several values with commas."),
    )
    developer_values = forms.CharField(
        label=_("Values for Developer"), max_length=MAX_VALUES, required=False
    )
    support_values = forms.CharField(
        label=_("Values for Support"), max_length=MAX_VALUES, required=False
    )
    default_role = forms.ChoiceField(
        label=_("Default role"),
        required=False,
        choices=[("", _("Keep the role on the Members page")), *ROLES.choices],
        help_text=_("The role of members whose claim has none of these values."),
    )

    def __init__(self, provider: SsoProvider | None, data: Any = None) -> None:
        super().__init__(data, initial=_initial(provider))
        secret = self.fields["client_secret"]
        secret.required = provider is None
        if provider is not None:
            secret.help_text = _(
                "Stored, and never shown again. Leave this empty to keep it. A new issuer or"
                " client ID needs its secret."
            )

    def clean_issuer(self) -> str:
        issuer: str = self.cleaned_data["issuer"]
        try:
            url = provider_url(issuer)
        except UrlRefused as error:
            raise forms.ValidationError(str(error)) from None
        if "?" in issuer:
            raise forms.ValidationError(_("Enter the issuer without a query."))
        return url.text if url.target != "/" else issuer

    def entered(self) -> SsoSettings:
        """Return the settings of the valid form, without the secret."""
        data = self.cleaned_data
        values = {role: _listed(data[f"{role}_values"]) for role in ROLES.values}
        return SsoSettings(
            issuer=data["issuer"],
            client_id=data["client_id"],
            role_claim=data["role_claim"],
            role_values={role: listed for role, listed in values.items() if listed},
            default_role=data["default_role"],
        )


def _initial(provider: SsoProvider | None) -> dict[str, str]:
    if provider is None:
        return {}
    lists = {
        f"{role}_values": ", ".join(provider.role_values.get(role, ()))
        for role in ROLES.values
    }
    return lists | {
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "role_claim": provider.role_claim,
        "default_role": provider.default_role,
    }


def _listed(text: str) -> list[str]:
    return [value for part in _SEPARATORS.split(text) if (value := part.strip())]
