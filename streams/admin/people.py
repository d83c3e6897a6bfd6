from __future__ import annotations

from typing import Any, cast

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join

from streams.admin.base import AuditedAdmin, link, moment, said, staff_of
from streams.identity import notices
from streams.tenancy.models import User

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")
# Who decides these could sign in as the person: the email gets the link to a new password.
CREDENTIALS = ("email", "password")


class NewPerson(forms.ModelForm):
    """Without a password: whoever gave one could later sign in with it as this person."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's
        self.instance.set_unusable_password()
        saved: User = super().save(commit)
        return saved


class ChangedPerson(UserChangeForm):
    """With the email as sign-in looks it up."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


# Signs in by the address of the User: a second table of addresses would only confuse.
admin.site.unregister(EmailAddress)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    """People. Only a superuser gives powers, changes other operators, or how one signs in.

    Nobody is deleted, since the audit log names them: `is_active` closes an account.
    """

    form = ChangedPerson
    add_form = NewPerson
    list_display = ("email", "name", "operator", "account", "signed_in", "joined")
    signed_in = moment("last_login", "last sign-in")
    joined = moment("date_joined", "joined")
    operator = said("is_staff", "Operator", "operator")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "is_active", "places")}),
        ("Staff", {"fields": POWERS}),
        ("Dates", {"fields": ("signed_in", "joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name")}),)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None or _is_superuser(request):
            return super().get_fieldsets(request, obj)
        fields = ("email", "name", "is_active", "places")
        return ((None, {"fields": fields}), *self.fieldsets[1:])

    @admin.display(description="account", ordering="is_active")
    def account(self, person: User) -> str:
        return "–" if person.is_active else "Closed"

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        fixed = ("signed_in", "joined", "places")
        if obj is None or _is_superuser(request):
            return fixed
        return (*fixed, *POWERS, *CREDENTIALS)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        # Another operator may have more rights: closing that account is not theirs to decide.
        above = isinstance(obj, User) and obj.is_staff and obj != request.user
        if above and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001 - the admin calls it so
    ) -> None:
        """A person whose email is changed hears of it at the old address."""
        super().save_model(request, obj, form, change)
        person, actor = cast("User", obj), staff_of(request)
        before = form.initial.get("email")
        if change and before and before != person.email:
            notices.email_changed(request, person, before=before, actor=actor)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - Django's
        form_url: str = "",
    ) -> HttpResponse:
        """For superusers; the person gets an email, and the activity log an entry."""
        actor = request.user
        if not (isinstance(actor, User) and actor.is_superuser):
            raise PermissionDenied
        before = self.get_object(request, id)
        response: HttpResponse = super().user_change_password(request, id, form_url)
        after = self.get_object(request, id)
        if before and after and before.password != after.password:
            notices.password_changed(
                request,
                after,
                action="user.password_set_by_operator",
                actor=actor,
            )
        return response

    @admin.display(description="member of")
    def places(self, user: User) -> str:
        partners = user.partner_memberships.select_related("partner")
        workspaces = user.workspace_memberships.select_related("workspace")
        rows = [(link(m.partner), m.get_role_display()) for m in partners]
        rows += [(link(m.workspace), m.get_role_display()) for m in workspaces]
        return format_html_join(", ", "{} ({})", rows) or "nothing"


admin.site.unregister(Group)


@admin.register(Group)
class AuditedGroupAdmin(AuditedAdmin, GroupAdmin):
    """Groups give powers to operators, so they are for superusers."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
