"""Members of a partner or workspace, edited on its page and saved through services."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import time_column
from streams.admin.shared.links import link
from streams.tenancy.members import (
    AlreadyMember,
    LastAdmin,
    PlaceRemoved,
    add_member,
    change_role,
    place_of,
    remove_member,
)
from streams.tenancy.models import PartnerMembership, WorkspaceMembership


class MembershipInline(admin.TabularInline):
    verbose_name = _("member")
    verbose_name_plural = _("members")
    extra = 0
    autocomplete_fields = ("user",)
    fields = ("user", "role", "since", "page")
    readonly_fields = ("since", "page")
    since = time_column("created_at", _("since"))

    @admin.display(description=_("account"))
    def page(self, membership: PartnerMembership | WorkspaceMembership) -> str:
        """Link to the member's user page, where operators help with sign-in."""
        if membership.pk is None:
            return "–"
        return link(membership.user, gettext("Open user"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("user")

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget  # without links to add or change users
        return field


class PartnerMembershipInline(MembershipInline):
    model = PartnerMembership


class WorkspaceMembershipInline(MembershipInline):
    model = WorkspaceMembership


def save_memberships(request: HttpRequest, formset: Any) -> None:
    """Apply the form's changes through services and show an error for each one refused."""
    formset.save(commit=False)
    for change in _changes(formset):
        try:
            change(actor=request.user)
        except (AlreadyMember, LastAdmin, PlaceRemoved) as refusal:
            messages.error(request, str(refusal))


def _changes(formset: Any) -> Iterator[partial[Any]]:
    for row in formset.new_objects:
        yield partial(add_member, place=place_of(row), user=row.user, role=row.role)
    for row, fields in formset.changed_objects:
        # Reloaded from the database: the activity log records the previous values.
        stored = type(row).objects.get(pk=row.pk)
        if "user" in fields:  # another person replaces this member
            yield partial(add_member, place=place_of(row), user=row.user, role=row.role)
            yield partial(remove_member, membership=stored)
        else:
            yield partial(change_role, membership=stored, role=row.role)
    for row in formset.deleted_objects:
        yield partial(remove_member, membership=row)
