"""Delivery attempts, rejected events, cursors and leases, all read-only."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import (
    ReadOnlyAdmin,
    event_link,
    events_link,
    link,
    time_column,
    yes_column,
)
from streams.connections.models import Connection
from streams.delivery.models import Cursor, Delivery, Lease, Rejection

# The most connections that a search covers: those of one workspace, deleted ones included.
MOST_CONNECTIONS = 20


class ConnectionRowsAdmin(HistoryAdmin):
    """Rows that belong to connections. They can only be searched by connection."""

    search_fields = ("connection__public_id",)
    search_help_text = _(
        "Enter a full connection ID or the full external ID of a workspace."
    )
    list_select_related = (
        "connection__feed__workspace",
        "connection__feed__stream",
        "cursor",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows.defer("connection__key_ciphertext", "connection__key_fingerprint")

    def search_conditions(self, search_term: str) -> list[Q]:
        if not search_term:
            return [Q()]
        named = Connection.objects.filter(
            Q(public_id=search_term) | Q(feed__workspace__external_id=search_term)
        )
        ids = named.order_by("-pk").values_list("pk", flat=True)[:MOST_CONNECTIONS]
        return [Q(connection=pk) for pk in ids]

    @admin.display(description=_("workspace"))
    def workspace(self, row: Delivery | Rejection) -> str:
        return link(row.connection.feed, row.connection.feed.workspace)

    @admin.display(description=_("connection"))
    def connection_link(self, row: Delivery | Rejection) -> str:
        return link(row.connection, row.connection.public_id)

    @admin.display(description=_("feed"))
    def feed_link(self, row: Delivery | Rejection) -> str:
        return link(row.connection.feed)


class StatusFilter(admin.SimpleListFilter):
    """Filter by fixed groups of status codes. Listing all codes would scan the table."""

    title, parameter_name = _("status code"), "status"
    KINDS = {
        "200": ("200", Q(status_code=200)),
        "too-large": ("400, 413", Q(status_code__in=[400, 413])),
        "refused-key": ("401, 403", Q(status_code__in=[401, 403])),
        "too-many": ("429", Q(status_code=429)),
        "5xx": ("5xx", Q(status_code__gte=500)),
        "none": (_("No response"), Q(status_code=None)),
    }

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [(kind, str(label)) for kind, (label, _) in self.KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        _, condition = self.KINDS.get(self.value() or "", ("", Q()))
        return queryset.filter(condition)


@admin.register(Delivery)
class DeliveryAdmin(ConnectionRowsAdmin):
    list_display = (
        "started", "workspace", "span", "outcome", "status_code", "took", "sent_by", "error",
    )  # fmt: skip
    list_filter = ("outcome", StatusFilter, "connection__region")
    fields = (
        "id", "feed_link", "connection_link", "cursor_link", "span", "events_link",
        "body_bytes", "started", "took", "outcome", "status_code", "error", "answer",
        "retry",
    )  # fmt: skip
    readonly_fields = fields
    started = time_column("started_at", _("started"))
    retry = time_column("retry_at", _("next attempt"))

    @admin.display(description=_("events"))
    def span(self, delivery: Delivery) -> str:
        if delivery.events == 1:
            return str(delivery.last_seq)
        return f"{delivery.first_seq}–{delivery.last_seq}"

    @admin.display(description=_("cursor kind"))
    def sent_by(self, delivery: Delivery) -> str:
        return str(delivery.cursor.get_kind_display())

    @admin.display(description=_("duration"))
    def took(self, delivery: Delivery) -> str:
        return f"{delivery.duration_ms}\N{NO-BREAK SPACE}ms"

    @admin.display(description=_("cursor"))
    def cursor_link(self, delivery: Delivery) -> str:
        return link(delivery.cursor)

    @admin.display(description=_("related"))
    def events_link(self, delivery: Delivery) -> str:
        feed = delivery.connection.feed
        return events_link(feed, gettext("View events"), before=delivery.last_seq + 1)


@admin.register(Rejection)
class RejectionAdmin(ConnectionRowsAdmin):
    list_display = (
        "created", "workspace", "event_link", "status_code", "reason",
    )  # fmt: skip
    fields = (
        "id", "created", "feed_link", "connection_link", "event_link", "status_code",
        "reason",
    )  # fmt: skip
    readonly_fields = fields
    created = time_column("created_at", _("rejected"))

    @admin.display(description=_("event"))
    def event_link(self, rejection: Rejection) -> str:
        return event_link(rejection.connection.feed, rejection.seq)


@admin.register(Cursor)
class CursorAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "feed", "connection", "kind", "position", "backlog", "due", "is_held",
        "failures", "last_delivery",
    )  # fmt: skip
    list_filter = ("kind", "held")
    list_select_related = (
        "feed__workspace",
        "feed__stream",
        "connection",
        "stream",
    )
    search_fields = (
        "connection__public_id__exact",
        "feed__workspace__external_id__exact",
    )
    search_help_text = ConnectionRowsAdmin.search_help_text
    fields = (
        "connection", "feed", "stream", "kind", "start", "position", "end_seq", "ended_at",
        "position_at", "rejected", "recovered", "filtered", "expired",
        "rejected_forgotten", "recovered_forgotten", "due_at",
        "is_held", "failures", "failing_since", "troubled_seq", "troubled_at", "suspect_seq",
        "rejections_in_row", "last_delivered_at",
    )  # fmt: skip
    readonly_fields = fields
    due = time_column("due_at", _("next attempt"))
    is_held = yes_column("held", _("On hold"), _("on hold"))
    last_delivery = time_column("last_delivered_at", _("last delivered"))

    @admin.display(description=_("queued"))
    def backlog(self, cursor: Cursor) -> int:
        if cursor.ended_at is not None:
            return 0
        return (cursor.end_seq or cursor.feed.head_seq) - cursor.position


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("stream", "owner", "ends")
    ends = time_column("until", _("until"))
    list_select_related = ("stream",)
