from __future__ import annotations

from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
)
from django.contrib.auth.hashers import is_password_usable
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import ServiceAdmin, staff_of, time_column, yes_column
from streams.admin.shared.links import link
from streams.admin.tenancy import account_security, reset_links
from streams.admin.tenancy import impersonation as impersonation_pages
from streams.sign_in import impersonation, security_notices
from streams.sign_in.reset_links import NoResetLink, email_reset_link
from streams.tenancy.models import User
from streams.tenancy.users import (
    EmailTaken,
    change_user,
    create_user,
    set_password,
)
from streams.web.recent_sign_in import confirm, must_confirm

PERMISSION_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")
# Changing these makes it possible to sign in as the user: a link to set a new password
# goes to the email.
CREDENTIALS = ("email", "password")
STATE = ("is_active", "memberships")


class NewUserForm(forms.ModelForm):
    """A new user, without a password: an operator who set one could sign in with it."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class PasswordLink(ReadOnlyPasswordHashWidget):
    """Leads to the form that sets a password, without Django's line about its hash."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        """Return a plain button: the reset link is the usual way."""
        known = is_password_usable(value)
        return format_html(
            '<a role="button" class="button plain" href="../password/">{}</a>'
            '<div class="help">{}</div>',
            gettext("Set password…"),
            "" if known else gettext("The user has no password."),
        )


class EditUserForm(UserChangeForm):
    """An existing user. The email is stored in lower case, as sign-in looks it up."""

    password = ReadOnlyPasswordHashField(label=_("Password"), widget=PasswordLink)

    class Meta(UserChangeForm.Meta):
        help_texts = {
            "is_active": _(
                "To close the account, clear this box. The user's sessions end at once, and"
                " the user can't sign in again until you select it."
            )
        }

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class PasswordForm(AdminPasswordChangeForm):
    """A new password, saved through a service."""

    def set_password_and_save(self, user: User, **_: Any) -> User:
        is_usable = self.cleaned_data["set_usable_password"]
        password = self.cleaned_data["password1"] if is_usable else None
        set_password(user=user, password=password)
        return user


# Sign-in uses the User's email, so the admin doesn't show a second table of addresses. The
# tables of second factors and of single sign-on contain secrets.
admin.site.unregister(
    [EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken]
)


@admin.register(User)
class PersonAdmin(ServiceAdmin, UserAdmin):
    """Users. Only superusers grant permissions, change other operators or credentials.

    Users are never deleted, because the activity log refers to them. `is_active` closes
    an account.
    """

    activity_scope = ("q", "email")
    refusals = (EmailTaken,)
    confirms = True
    form = EditUserForm
    change_form_template = "admin/user.html"
    add_form = NewUserForm
    change_password_form = PasswordForm
    list_display = ("email", "name", "operator", "account", "signed_in", "joined")
    signed_in = time_column("last_login", _("last sign-in"))
    joined = time_column("date_joined", _("joined"))
    operator = yes_column("is_staff", _("Operator"), _("operator"))
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "name", "reset_link", "password", *STATE)}),
        (_("Permissions"), {"fields": PERMISSION_FIELDS}),
        (_("Dates"), {"fields": ("signed_in", "joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name")}),)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None or is_superuser(request):
            return super().get_fieldsets(request, obj)
        fields = ("email", "name", "reset_link", *STATE)
        return ((None, {"fields": fields}), *self.fieldsets[1:])

    @admin.display(description=_("account"), ordering="is_active")
    def account(self, person: User) -> str:
        return gettext("Active") if person.is_active else gettext("Inactive")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        fixed = ("signed_in", "joined", "memberships", "reset_link")
        if obj is None or is_superuser(request):
            return fixed
        return (*fixed, *PERMISSION_FIELDS, *CREDENTIALS)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        # Another operator may have more permissions, so only superusers change operators.
        above = isinstance(obj, User) and obj.is_staff and obj != request.user
        if above and not is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def create(self, request: HttpRequest, form: Any) -> User:
        return create_user(actor=staff_of(request), **form.cleaned_data)

    def change(self, request: HttpRequest, row: Any, form: Any) -> None:
        """Change the user, and notify both addresses if the email changed."""
        actor, before = staff_of(request), form.initial.get("email")
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_user(user=row, actor=actor, **changes)
        if before and before != row.email:
            security_notices.email_changed(request, row, before=before, actor=actor)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - Django's
        form_url: str = "",
    ) -> HttpResponse:
        """Let superusers set a password. Notifies the user and logs the change."""
        actor = request.user
        if not (isinstance(actor, User) and actor.is_superuser):
            raise PermissionDenied
        if must_confirm(request):
            return confirm(request)
        before = self.get_object(request, id)
        response: HttpResponse = super().user_change_password(request, id, form_url)
        after = self.get_object(request, id)
        if before and after and before.password != after.password:
            security_notices.password_changed(
                request,
                after,
                action="user.password_set_by_operator",
                actor=actor,
            )
        return response

    @admin.display(description=_("forgotten password"))
    def reset_link(self, user: User) -> str:
        """Return a button of another form: Enter in a field of this one saves the user."""
        if not user.is_active:
            return gettext("The account is inactive.")
        return format_html(
            '<button type="submit" id="reset-link" class="button default" form="email-reset-link">{}</button>'
            '<div class="help">{}</div>',
            gettext("Email a reset link"),
            reset_links.about(),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.send_reset_link)
        name = "streams_user_reset_link"
        shown = self.admin_site.admin_view
        begin = partial(impersonation_pages.start, site=self.admin_site)
        stop = shown(impersonation_pages.end)
        return [
            path("<int:pk>/reset-link/", view, name=name),
            path(
                "<int:pk>/sign-out/", shown(self.sign_out), name="streams_user_sign_out"
            ),
            path("<int:user_id>/view/", shown(begin), name="impersonation_start"),
            path("stop-viewing/", stop, name="impersonation_end"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        person = kwargs.get("obj")
        may = bool(person and not impersonation.refusal(staff_of(request), person))
        context |= {"can_view_as": may}
        if person:
            context["security"] = account_security.security_of(request, person)
            context["may_sign_out"] = self.has_change_permission(request, person)
        return super().render_change_form(request, context, *args, **kwargs)

    def sign_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End all sessions of a user, after a confirmation."""
        person = self.person_to_change(request, pk)
        return account_security.sign_out(request, person, self.admin_site)

    def person_to_change(self, request: HttpRequest, pk: int) -> User:
        """Return the user. Raises Http404 or PermissionDenied."""
        user: User | None = self.get_object(request, str(pk))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return user

    def send_reset_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Email a user a link to reset the password, as the user can request."""
        user = self.person_to_change(request, pk)
        if request.method == "POST":
            try:
                email_reset_link(request, user, actor=staff_of(request))
            except NoResetLink as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, reset_links.sent_to(user))
        return redirect("admin:streams_user_change", pk)

    @admin.display(description=_("memberships"))
    def memberships(self, user: User) -> str:
        partners = user.partner_memberships.select_related("partner")
        workspaces = user.workspace_memberships.select_related("workspace")
        rows = [(link(m.partner), m.get_role_display()) for m in partners]
        rows += [(link(m.workspace), m.get_role_display()) for m in workspaces]
        return format_html_join(", ", "{} ({})", rows) or gettext("None")


def is_superuser(request: HttpRequest) -> bool:
    """Whether the operator may do everything."""
    return isinstance(request.user, User) and request.user.is_superuser
