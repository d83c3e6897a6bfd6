"""What the staff's tables have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from streams.audit.services import record
from streams.tenancy.models import Partner, Workspace

if TYPE_CHECKING:
    from streams.events.models import Feed


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to look at. Whoever may `change` them may use the actions on them."""

    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        # Of the list only, where the actions ask; the form of one row has no fields.
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


class AuditedAdmin(admin.ModelAdmin):
    """Rows that staff may add and change, but not delete; each change is written down."""

    show_facets = admin.ShowFacets.NEVER

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        super().save_model(request, obj, form, change)
        if not change or form.changed_data:
            note(
                request,
                obj,
                "changed" if change else "created",
                fields=form.changed_data,
            )


def note(request: HttpRequest, row: Model, verb: str, *, fields: list[str]) -> None:
    """Write down what a member of staff did to a row: which fields, not their values."""
    partner = row if isinstance(row, Partner) else getattr(row, "partner", None)
    workspace = row if isinstance(row, Workspace) else getattr(row, "workspace", None)
    record(
        f"{row._meta.model_name}.{verb}",
        actor=request.user,  # type: ignore[arg-type] # the admin is for members of staff
        partner=partner,
        workspace=workspace,
        row=str(row)[:100],
        fields=", ".join(fields),
    )


def link(row: Model, text: object = None) -> str:
    """A link to the row's page in the admin."""
    url = reverse(f"admin:streams_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or row)


def list_link(model: type[Model], text: str, **query: object) -> str:
    """A link to a list in the admin, narrowed by a query."""
    url = reverse(f"admin:streams_{model._meta.model_name}_changelist", query=query)
    return format_html('<a href="{}">{}</a>', url, text)


def events_link(feed: Feed, text: str = "Events", **query: object) -> str:
    """A link to the feed's events, newest first below `before`."""
    url = reverse("admin:streams_feed_events", args=[feed.pk], query=query)
    return format_html('<a href="{}">{}</a>', url, text)


def event_link(feed: Feed, seq: int) -> str:
    """A link to one event of the feed."""
    url = reverse("admin:streams_feed_event", args=[feed.pk, seq])
    return format_html('<a href="{}">{}</a>', url, seq)
