"""What the staff's tables have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.options import ActionLocation
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from streams.audit.services import record
from streams.catalog.models import Stream
from streams.tenancy.models import Partner, Workspace

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.tenancy.models import User


LIST_AND_FORM = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)


def staff_of(request: HttpRequest) -> User:
    """Return the signed-in staff member."""
    return cast("User", request.user)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to look at. Whoever may change such rows may `operate`: use their actions."""

    show_facets = admin.ShowFacets.NEVER
    empty_value_display = "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )

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


def moment(field: str, description: str = "") -> Callable[[Any, Any], str]:
    """A column that shows a time to the second, in UTC."""

    @admin.display(description=description or field.replace("_", " "), ordering=field)
    def shown(_: Any, row: Any) -> str:
        return to_the_second(getattr(row, field))

    return shown


def said(field: str, yes: str, description: str = "") -> Callable[[Any, Any], str]:
    """A column with a word where it is so, and nothing where it is not.

    Django's icons show a red cross for each "no", as if something had failed.
    """

    @admin.display(description=description or field.replace("_", " "), ordering=field)
    def shown(_: Any, row: Any) -> str:
        return yes if getattr(row, field) else "–"

    return shown


def to_the_second(at: datetime | None) -> str:
    """A time to the second, in UTC; a dash: never."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "–"


def note(request: HttpRequest, row: Model, verb: str, *, fields: list[str]) -> None:
    """Write down what a member of staff did to a row: which fields, not their values."""
    partner = row if isinstance(row, Partner) else getattr(row, "partner", None)
    stream = {"stream": row.slug} if isinstance(row, Stream) else {}
    workspace = row if isinstance(row, Workspace) else getattr(row, "workspace", None)
    record(
        f"{row._meta.model_name}.{verb}",
        actor=staff_of(request),
        partner=partner,
        workspace=workspace,
        row=str(row)[:100],
        fields=", ".join(fields),
        **stream,
    )


def link(row: Model, text: object = None) -> str:
    """A link to the row's page in the admin."""
    url = reverse(f"admin:streams_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or row)


def to_list(request: HttpRequest, model: type[Model]) -> HttpResponse:
    """For an action that removes rows: the page of one, where it may have run, is gone."""
    url = reverse(f"admin:streams_{model._meta.model_name}_changelist")
    return HttpResponseRedirect(request.get_full_path() if request.path == url else url)


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
