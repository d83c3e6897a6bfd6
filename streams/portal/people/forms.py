"""Forms for invitations, sign-up, and passwords."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from allauth.account import forms as account_forms
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.base.text.validation import validate_one_line
from streams.tenancy.invitation_sending import BY_PERSON
from streams.tenancy.members import place_of
from streams.tenancy.models import Partner, PartnerMembership, User, WorkspaceMembership

if TYPE_CHECKING:
    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

    from streams.tenancy.members import Membership
    from streams.tenancy.members import Place as Owner

WORKSPACE_HINTS: Mapping[str, StrOrPromise] = {
    WorkspaceMembership.Role.ADMIN: _(
        "Can do everything an editor can, and also manage members and webhooks, delete the"
        " connection, and see the activity log."
    ),
    WorkspaceMembership.Role.EDITOR: _(
        "Can connect Segment, change and pause the connection, replay or skip events,"
        " resolve quarantined events, and acknowledge or mute alerts."
    ),
    WorkspaceMembership.Role.VIEWER: _(
        "Can view events, delivery attempts, alerts and members, and export events."
    ),
}
PARTNER_HINTS: Mapping[str, StrOrPromise] = {
    PartnerMembership.Role.ADMIN: _(
        "Can do everything a developer can, and also create streams, submit them for review,"
        " start QA, request the launch, manage the members of this team, its webhooks and"
        " single sign-on, and export the activity log."
    ),
    PartnerMembership.Role.DEVELOPER: _(
        "Can change streams with their plans and docs, create workspaces, API tokens and"
        " ingest keys, invite a customer's first member, resolve quarantined events of all"
        " customers, acknowledge and mute alerts, and manage test workspaces. Only admins"
        " see webhooks."
    ),
    PartnerMembership.Role.SUPPORT: _(
        "Can view streams, the events, requests, connections and alerts of all customers,"
        " and the activity log. Can acknowledge and mute alerts, but not change anything"
        " else."
    ),
}


def roles_of(owner: Owner) -> list[tuple[str, str]]:
    """Return the roles that a member of the partner or workspace can have, as form choices."""
    is_partner = isinstance(owner, Partner)
    roles = PartnerMembership.Role if is_partner else WorkspaceMembership.Role
    return [(role.value, str(role.label)) for role in roles]


def hints_of(owner: Owner) -> Mapping[str, StrOrPromise]:
    """Return what a member with each role can do, by role."""
    return PARTNER_HINTS if isinstance(owner, Partner) else WORKSPACE_HINTS


class InvitationForm(forms.Form):
    """The email and role of a person to invite."""

    email = forms.EmailField(
        label=_("Email"),
        validators=[validate_one_line],
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, owner: Owner, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"),
            widget=forms.RadioSelect,
            choices=roles_of(owner),
            error_messages={"required": _("Select a role.")},
        )
        self.hints = hints_of(owner)

    def roles(self) -> Iterator[tuple[BoundWidget, str]]:
        """Yield each role's radio button and a description of its permissions."""
        for radio in self["role"]:
            yield radio, str(self.hints[radio.data["value"]])


class SeveralInvitationsForm(InvitationForm):
    """The emails of several people to invite with one role."""

    emails = forms.CharField(
        label=_("Emails"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )

    def __init__(self, owner: Owner, *args: Any, **kwargs: Any) -> None:
        super().__init__(owner, *args, **kwargs)
        del self.fields["email"]
        self.fields["emails"].help_text = _(
            "One per line, or separated by commas: up to %(most)d."
        ) % {"most": BY_PERSON.amount}
        self.owner = owner

    def clean_emails(self) -> list[str]:
        """Return the emails in lower case, each once. The error has a line for each bad one."""
        text: str = self.cleaned_data["emails"]
        members = set(self.owner.members.values_list("email", flat=True))
        emails: dict[str, None] = {}
        wrong: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            for email in filter(None, map(str.strip, line.lower().split(","))):
                emails[email] = None
                if reason := _refused(email, members):
                    names = {"line": number, "email": email[:100]}
                    wrong.append(str(reason % names))
        if wrong:
            raise forms.ValidationError(wrong)
        if len(emails) > BY_PERSON.amount:
            raise forms.ValidationError(
                gettext("Enter at most %(most)d emails. You entered %(count)d.")
                % {"most": BY_PERSON.amount, "count": len(emails)}
            )
        return list(emails)


def _refused(email: str, members: Collection[str]) -> str:
    """Return why a person can't be invited, with placeholders; empty if they can."""
    try:
        forms.EmailField().clean(email)
    except forms.ValidationError:
        return gettext("Line %(line)d: “%(email)s” isn't an email address.")
    if email in members:
        return gettext("Line %(line)d: %(email)s is already a member.")
    return ""


class LeaveForm(forms.Form):
    """The member who becomes an admin when the last admin leaves."""

    def __init__(self, membership: Membership, data: QueryDict | None) -> None:
        super().__init__(data)
        others = place_of(membership).memberships.exclude(pk=membership.pk)
        active = others.filter(user__is_active=True).select_related("user")
        self._others = {str(other.pk): other for other in active.order_by("pk")}
        emails = [(pk, str(other.user)) for pk, other in self._others.items()]
        self.fields["successor"] = forms.ChoiceField(
            label=_("New admin"),
            choices=[("", _("Select a member")), *emails],
            error_messages={"required": _("Select the member who becomes an admin.")},
        )

    @property
    def successor(self) -> Membership:
        """The membership that was selected in a valid form."""
        return self._others[self.cleaned_data["successor"]]


class SignUpForm(forms.Form):
    """The name and password of an invited person without an account."""

    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "Use at least 8 characters, better 15 or more. Avoid common passwords."
        ),
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = User(email=self.email, name=self.cleaned_data.get("name", ""))
        validate_password(password, user=person)
        return password


PASSWORD_LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("Confirm new password"),
}


class _PasswordForm(forms.Form):
    """Puts the portal's labels on the password fields of allauth's forms."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = field.widget.attrs["placeholder"] = PASSWORD_LABELS[name]


# Named in settings.ACCOUNT_FORMS. allauth has no types.
class ChangePasswordForm(_PasswordForm, account_forms.ChangePasswordForm):  # type: ignore[misc]
    """Change the password, given the current one."""


class SetPasswordForm(_PasswordForm, account_forms.SetPasswordForm):  # type: ignore[misc]
    """Set the password of an account that has none."""


class ResetPasswordKeyForm(_PasswordForm, account_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """Set a new password with the link from an email."""
