from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.utils.html import format_html_join

from streams.admin.base import (  # fmt: skip
    LIST_AND_FORM,
    AuditedAdmin,
    list_link,
    moment,
    said,
    staff_of,
    to_list,
)
from streams.admin.memberships import WorkspaceMembershipInline, save_memberships
from streams.connections.models import Connection
from streams.delivery.models import Delivery
from streams.events.models import Feed
from streams.observability.empty_workspaces import remove_empty
from streams.tenancy.models import Workspace


@admin.register(Workspace)
class WorkspaceAdmin(AuditedAdmin):
    list_display = (
        "name", "external_id", "public_id", "partner", "test", "created",
    )  # fmt: skip
    list_filter = ("is_test", "partner")
    list_select_related = ("partner",)
    search_fields = ("external_id__exact", "public_id__exact", "name__istartswith")
    search_help_text = "Its id, its external id, or how its name begins."
    ordering = ("-pk",)
    fields = (
        "partner", "name", "external_id", "public_id", "weight", "is_test", "created",
        "links",
    )  # fmt: skip
    autocomplete_fields = ("partner",)
    actions = ("remove_empty",)
    created = moment("created_at")
    test = said("is_test", "Test workspace", "test")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        # The partner's server names it by its external id.
        fixed = ("public_id", "created", "links")
        return (*fixed, "partner", "external_id") if obj else fixed

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        return [WorkspaceMembershipInline] if obj else []

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        save_memberships(request, formset)

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request)

    @admin.action(
        description="Remove those that are empty",
        permissions=["remove"],
        location=LIST_AND_FORM,
    )
    def remove_empty(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        asked = queryset.count()
        removed = remove_empty(queryset, actor=staff_of(request))
        kept = asked - removed
        words = f"Removed {removed:,} empty workspace{pluralize(removed)}."
        if kept:
            words += f" Kept {kept:,}: only a workspace without events, connections,"
            words += " members and open invitations is empty."
        level = messages.WARNING if kept else messages.SUCCESS
        self.message_user(request, words, level)
        return to_list(request, Workspace)

    @admin.display(description="more")
    def links(self, workspace: Workspace) -> str:
        if workspace.pk is None:
            return "–"
        named = {"q": workspace.external_id}
        return format_html_join(
            " · ",
            "{}",
            [
                (list_link(Feed, "Feeds", **named),),
                (list_link(Connection, "Connections", **named),),
                (list_link(Delivery, "Deliveries", **named),),
            ],
        )
