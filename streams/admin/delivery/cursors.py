"""Cursors and leases, all read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import badge, deleted_badge
from streams.admin.delivery.blocks import ListWithBlocks, block_of
from streams.admin.delivery.workspace_delivery import status_of
from streams.admin.shared.base import ReadOnlyAdmin, time_column, to_the_second
from streams.admin.shared.links import link, link_column
from streams.admin.shared.scope import WorkspaceOfFeedFilter
from streams.delivery.models import Cursor, Lease


class HeldFilter(admin.BooleanFieldListFilter):
    """Finds cursors whose connection is paused, needs attention, or was deleted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("paused or needs attention")


class QueueFilter(admin.SimpleListFilter):
    """Cursors of connections with queued events."""

    title, parameter_name = _("queue"), "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", gettext("Events queued"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(due_at__isnull=False, connection__deleted_at=None)


@admin.register(Cursor)
class CursorAdmin(ReadOnlyAdmin):
    when_empty = _("Each connection and each replay has a cursor.")
    activity_scope = ("workspace", "feed.workspace.public_id")
    list_display = (
        "id", "feed_link", "connection_link", "kind", "backlog", "position", "due",
        "is_held", "failures", "last_delivery",
    )  # fmt: skip
    list_filter = (
        WorkspaceOfFeedFilter,
        QueueFilter,
        "kind",
        ("held", HeldFilter),
    )
    list_select_related = (
        "feed__workspace",
        "feed__stream",
        "connection__feed__workspace",
        "connection__feed__stream",
        "stream",
    )
    search_fields = (
        "connection__public_id__exact",
        "feed__workspace__external_id__exact",
    )
    search_help_text = _(
        "Enter a full connection ID or the full external ID of a workspace."
    )
    fields = (
        "connection_link", "feed_link", "stream_link", "kind", "start", "position", "end_seq",
        "ended_at", "position_at", "rejected", "recovered", "filtered", "expired", "erased",
        "rejected_forgotten", "recovered_forgotten", "due", "is_held", "failures",
        "failing_since", "troubled_seq", "troubled_at", "suspect_seq", "rejections_in_row",
        "last_delivered_at",
    )  # fmt: skip
    readonly_fields = fields
    stream_link = link_column("stream", _("stream"))
    last_delivery = time_column("last_delivered_at", _("last delivered"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        last = Coalesce("end_seq", "feed__head_seq")
        waiting = Case(When(ended_at=None, then=last - F("position")), default=0)
        rows: QuerySet = super().get_queryset(request).annotate(waiting=waiting)
        return rows

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        queues = (
            {"title": gettext("Queues")}
            if QueueFilter.parameter_name in request.GET
            else {}
        )
        return super().changelist_view(request, {**queues, **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ListWithBlocks]:
        return ListWithBlocks

    @admin.display(description=_("next attempt"), ordering="due_at")
    def due(self, cursor: Cursor) -> str:
        return to_the_second(None if block_of(cursor.connection) else cursor.due_at)

    @admin.display(description=_("status"), ordering="held")
    def is_held(self, cursor: Cursor) -> str:
        connection = cursor.connection
        if connection.deleted_at:
            return deleted_badge()
        queued, block = self.backlog(cursor), block_of(connection)
        tone, word, _reason = status_of(connection, cursor, block, queued=queued)
        return badge(word, tone)

    @admin.display(description=_("queued"), ordering="waiting")
    def backlog(self, cursor: Cursor) -> int:
        return int(cursor.__dict__["waiting"])

    @admin.display(description=_("feed"), ordering="feed")
    def feed_link(self, cursor: Cursor) -> str:
        return link(cursor.feed)

    @admin.display(description=_("connection"), ordering="connection")
    def connection_link(self, cursor: Cursor) -> str:
        return link(cursor.connection)


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    when_empty = _("Workers take a lease while they deliver.")
    list_display = ("stream", "owner", "ends")
    fields = readonly_fields = ("stream_link", "owner", "ends")
    stream_link = link_column("stream", _("stream"))
    ends = time_column("until", _("until"))
    list_select_related = ("stream",)
