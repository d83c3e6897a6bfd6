from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from streams.admin.shared.base import ServiceAdmin, staff_of
from streams.admin.tenancy.users import is_superuser
from streams.tenancy.users import change_group, create_group

admin.site.unregister(Group)


@admin.register(Group)
class OperatorGroupAdmin(ServiceAdmin, GroupAdmin):
    """Groups. They grant permissions to operators, so only superusers change them."""

    activity_scope = ("q", "name")
    confirms = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return is_superuser(request)

    def create(self, request: HttpRequest, form: Any) -> Group:
        return create_group(actor=staff_of(request), **form.cleaned_data)

    def change(self, request: HttpRequest, row: Any, form: Any) -> None:
        change_group(group=row, actor=staff_of(request), **form.cleaned_data)
