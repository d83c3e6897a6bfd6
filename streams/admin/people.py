from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html_join

from streams.admin.base import AuditedAdmin, link, moment
from streams.tenancy.models import User

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NewPerson(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


# Signs in by the address of the User: a second table of addresses would only confuse.
admin.site.unregister(EmailAddress)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    """People. Only a superuser gives powers, or changes who has all of them.

    Nobody is deleted, since the audit log names them: `is_active` closes an account.
    """

    form = UserChangeForm
    add_form = NewPerson
    list_display = ("email", "name", "is_staff", "is_active", "signed_in", "joined")
    signed_in = moment("last_login", "last sign-in")
    joined = moment("date_joined", "joined")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "is_active", "places")}),
        ("Staff", {"fields": POWERS}),
        ("Dates", {"fields": ("signed_in", "joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "name", "usable_password", "password1", "password2")},
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        fixed = ("signed_in", "joined", "places")
        return fixed if _is_superuser(request) else (*fixed, *POWERS)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        # Else who may change people could take over a superuser's account.
        above = (
            isinstance(obj, User) and obj.is_superuser and not _is_superuser(request)
        )
        return not above and super().has_change_permission(request, obj)

    @admin.display(description="member of")
    def places(self, user: User) -> str:
        partners = user.partner_memberships.select_related("partner")
        workspaces = user.workspace_memberships.select_related("workspace")
        rows = [(link(m.partner), m.get_role_display()) for m in partners]
        rows += [(link(m.workspace), m.get_role_display()) for m in workspaces]
        return format_html_join(", ", "{} ({})", rows) or "nothing"


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
