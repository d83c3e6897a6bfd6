"""Forms about people: who is let in, and as what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.forms.boundfield import BoundWidget

from streams.base.text import validate_one_line
from streams.tenancy.models import Partner, PartnerMembership, User, WorkspaceMembership

if TYPE_CHECKING:
    from streams.tenancy.members import Place

WORKSPACE_HINTS = {
    WorkspaceMembership.Role.ADMIN: "Also decides who is a member, and may delete the"
    " connection.",
    WorkspaceMembership.Role.EDITOR: "Connects Segment, changes, pauses and tests.",
    WorkspaceMembership.Role.VIEWER: "Looks at events and deliveries.",
}
PARTNER_HINTS = {
    PartnerMembership.Role.ADMIN: "Also decides who is in the team.",
    PartnerMembership.Role.DEVELOPER: "Makes workspaces, tokens and ingest keys.",
    PartnerMembership.Role.SUPPORT: "Looks at every workspace, changes nothing.",
}


def roles_of(place: Place) -> list[tuple[str, str]]:
    """The roles that members of the place may have, as choices of a form."""
    is_partner = isinstance(place, Partner)
    roles = PartnerMembership.Role if is_partner else WorkspaceMembership.Role
    return [(role.value, role.name.capitalize()) for role in roles]


class InvitationForm(forms.Form):
    """Whom to let in, and as what."""

    email = forms.EmailField(
        label="Email",
        validators=[validate_one_line],
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, place: Place, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            label="Role", widget=forms.RadioSelect, choices=roles_of(place)
        )
        self.hints = PARTNER_HINTS if isinstance(place, Partner) else WORKSPACE_HINTS

    def roles(self) -> Iterator[tuple[BoundWidget, str]]:
        """Each role's button, and what it lets people do."""
        for radio in self["role"]:
            yield radio, self.hints[radio.data["value"]]


class SignUpForm(forms.Form):
    """A name and a password for a person who was invited."""

    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label="Your name",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Choose a password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, and not one that is easily guessed.",
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = User(email=self.email, name=self.cleaned_data.get("name", ""))
        validate_password(password, user=person)
        return password
