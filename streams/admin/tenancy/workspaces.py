from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from streams.admin.delivery.badges import badge
from streams.admin.delivery.workspace_delivery import deliveries_of, worst_of_each
from streams.admin.shared.base import (
    LIST_AND_FORM,
    ServiceAdmin,
    staff_of,
    time_column,
    to_list,
    yes_column,
)
from streams.admin.shared.links import link_column, linked, list_link
from streams.admin.tenancy.memberships import (
    WorkspaceMembershipInline,
    save_memberships,
)
from streams.audit.models import AuditEntry
from streams.connections.models import Connection
from streams.delivery.models import Delivery, Rejection
from streams.events.models import Feed
from streams.observability.empty_workspaces import empty, remove_empty
from streams.observability.issues.models import IssueKind
from streams.tenancy.members import PlaceRemoved
from streams.tenancy.models import Workspace
from streams.tenancy.services import (
    ExternalIdTaken,
    change_workspace,
    create_workspace,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.admin.delivery.workspace_delivery import FeedDelivery


SEES_DELIVERY = ("streams.view_feed", "streams.view_connection")


class WorkspaceList(ChangeList):
    """The page's workspaces with the state of their delivery, read for all at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Workspace] = list(self.result_list)
        if request.user.has_perms(SEES_DELIVERY):
            worst = worst_of_each(found)
            for workspace in found:
                workspace.__dict__["worst"] = worst.get(workspace.pk)
        self.result_list = found


@admin.register(Workspace)
class WorkspaceAdmin(ServiceAdmin):
    activity_scope = ("workspace", "public_id")
    refusals = (ExternalIdTaken, PlaceRemoved)
    confirms = True  # its members have roles
    change_form_template = "admin/workspace.html"
    list_display = (
        "name", "external_id", "public_id", "partner", "test", "created",
    )  # fmt: skip
    list_filter = ("is_test", "partner")
    list_select_related = ("partner",)
    search_fields = ("external_id__exact", "public_id__exact", "name__istartswith")
    search_help_text = _("Enter a public ID, an external ID, or the start of a name.")
    ordering = ("-pk",)
    partner_link = link_column("partner", _("partner"))
    fields = (
        "partner_link", "name", "external_id", "public_id", "weight", "is_test", "created",
        "links",
    )  # fmt: skip
    autocomplete_fields = ("partner",)
    actions = ("remove_empty",)
    created = time_column("created_at", _("created"))
    test = yes_column("is_test", _("Test workspace"), _("test"))

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return WorkspaceList

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        sees = request.user.has_perms(SEES_DELIVERY)
        return (*self.list_display, *(("delivery", "queued") if sees else ()))

    @admin.display(description=_("delivery"))
    def delivery(self, workspace: Workspace) -> str:
        """Return the status that needs attention most, of all feeds, and its reason."""
        worst: FeedDelivery | None = workspace.__dict__["worst"]
        if worst is None:
            return "–"
        return format_html("{} {}", badge(worst.word, worst.tone), worst.reason)

    @admin.display(description=_("queued"))
    def queued(self, workspace: Workspace) -> str:
        worst: FeedDelivery | None = workspace.__dict__["worst"]
        return f"{worst.queued:,}" if worst else "–"

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return ("partner", "name", "external_id", "weight", "is_test")
        return self.fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        # The partner's server refers to the workspace by its external ID.
        fixed = ("public_id", "created", "links")
        return (*fixed, "partner_link", "external_id") if obj else fixed

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        return [WorkspaceMembershipInline] if obj else []

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        workspace: Workspace | None = kwargs.get("obj")
        context["deliveries"] = (
            deliveries_of(workspace)
            if workspace and request.user.has_perms(SEES_DELIVERY)
            else None
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def create(self, request: HttpRequest, form: Any) -> Workspace:
        return create_workspace(actor=staff_of(request), **form.cleaned_data)

    def change(self, request: HttpRequest, row: Any, form: Any) -> None:
        change_workspace(workspace=row, actor=staff_of(request), **form.cleaned_data)

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

    def works_for(self, action: str, rows: Sequence[Any]) -> bool:
        found = Workspace.objects.filter(pk__in=[row.pk for row in rows])
        return empty(found).exists()

    @admin.action(
        description=_("Delete empty workspace"),
        description_plural=_("Delete empty workspaces"),
        permissions=["remove"],
        location=LIST_AND_FORM,
    )
    def remove_empty(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        asked = queryset.count()
        removed = remove_empty(queryset, actor=staff_of(request))
        kept = asked - removed
        text = ngettext(
            "Deleted %(count)s empty workspace.",
            "Deleted %(count)s empty workspaces.",
            removed,
        )
        level = messages.WARNING if kept else messages.SUCCESS
        self.message_user(request, text % {"count": f"{removed:,}"}, level)
        if kept:
            self.message_user(request, _not_empty(kept), messages.WARNING)
        return to_list(request, Workspace)

    @admin.display(description=_("related"))
    def links(self, workspace: Workspace) -> str:
        named = {"workspace": workspace.public_id}
        return linked(
            list_link(Feed, _("Feeds"), **named),
            list_link(Connection, _("Connections"), **named),
            list_link(Delivery, _("Delivery attempts"), **named),
            list_link(Rejection, _("Rejected events"), **named),
            list_link(IssueKind, _("Issues"), **named),
            list_link(AuditEntry, _("Activity log"), **named),
        )


def _not_empty(count: int) -> str:
    text = ngettext(
        "%(count)s workspace was not deleted, because it has events, connections,"
        " members or open invitations.",
        "%(count)s workspaces were not deleted, because they have events, connections,"
        " members or open invitations.",
        count,
    )
    return text % {"count": f"{count:,}"}
