"""Delivery attempts and rejected events, all read-only."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import outcome_badge
from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import time_column
from streams.admin.shared.links import event_link, events_link, link
from streams.admin.shared.period import PeriodFilter
from streams.admin.shared.scope import (
    ConnectionFilter,
    PartnerScope,
    StreamScope,
    WorkspaceFilter,
)
from streams.connections.models import Connection
from streams.delivery.models import Delivery, Rejection

# The most connections that a search covers: those of one workspace, deleted ones included.
MOST_CONNECTIONS = 20
# The connections that a filter by each of these parameters names.
SCOPES = {"workspace": "feed__workspace__public_id", "connection": "public_id"}


class RowsOfStream(StreamScope):
    path = "connection__feed__stream__slug"


class RowsOfPartner(PartnerScope):
    path = "connection__feed__stream__partner__slug"


ROW_SCOPES = (WorkspaceFilter, ConnectionFilter, RowsOfStream, RowsOfPartner)


class ConnectionRowsAdmin(HistoryAdmin):
    """Rows that belong to connections. They can only be searched by connection."""

    activity_scope = ("workspace", "connection.feed.workspace.public_id")
    search_fields = ("connection__public_id",)
    search_help_text = _(
        "Enter the full ID of a connection, or the public or external ID of a workspace."
    )
    list_select_related = (
        "connection__feed__workspace",
        "connection__feed__stream",
        "cursor",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows.defer("connection__key_ciphertext", "connection__key_fingerprint")

    def search_conditions(self, request: HttpRequest, search_term: str) -> list[Q]:
        asked = [
            Q(**{path: request.GET[name]})
            for name, path in SCOPES.items()
            if request.GET.get(name)
        ]
        if search_term:
            workspace = "feed__workspace"
            asked.append(
                Q(public_id=search_term)
                | Q(**{f"{workspace}__external_id": search_term})
                | Q(**{f"{workspace}__public_id": search_term})
            )
        if not asked:
            return [Q()]
        named = Connection.objects.filter(*asked)
        ids = named.order_by("-pk").values_list("pk", flat=True)[:MOST_CONNECTIONS]
        return [Q(connection=pk) for pk in ids]

    @admin.display(description=_("feed"))
    def feed_link(self, row: Delivery | Rejection) -> str:
        return link(row.connection.feed)

    @admin.display(description=_("connection"))
    def connection_link(self, row: Delivery | Rejection) -> str:
        return link(row.connection)

    @admin.display(description=_("status code"))
    def response(self, row: Delivery | Rejection) -> str:
        code = row.status_code
        return gettext("No response") if code is None else str(code)


class StatusFilter(admin.SimpleListFilter):
    """Filter by fixed groups of status codes. Listing all codes would scan the table."""

    title, parameter_name = _("status code"), "status"
    KINDS = {
        "failed": (_("All except 200"), ~Q(status_code=200)),
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


class StartedFilter(PeriodFilter):
    field = "started_at"


class RejectedFilter(PeriodFilter):
    field = "created_at"


@admin.register(Delivery)
class DeliveryAdmin(ConnectionRowsAdmin):
    when_empty = _("Attempts appear when events are sent to Segment.")
    list_display = (
        "started", "feed_link", "connection_link", "span", "result", "response", "took",
        "sent_by", "problem",
    )  # fmt: skip
    list_filter = (
        *ROW_SCOPES, "outcome", StatusFilter, StartedFilter, "connection__region",
    )  # fmt: skip
    fields = (
        "id", "feed_link", "connection_link", "cursor_link", "span", "events_link",
        "body_bytes", "started", "took", "connect_ms", "first_byte_ms", "result",
        "response", "headers", "error", "answer", "retry",
    )  # fmt: skip
    readonly_fields = fields
    started = time_column("started_at", _("started"))
    retry = time_column("retry_at", _("next attempt"))

    @admin.display(description=_("events"))
    def span(self, delivery: Delivery) -> str:
        if delivery.events == 1:
            return str(delivery.last_seq)
        return f"{delivery.first_seq}–{delivery.last_seq}"

    @admin.display(description=_("outcome"))
    def result(self, delivery: Delivery) -> str:
        return outcome_badge(delivery)

    @admin.display(description=_("error"))
    def problem(self, delivery: Delivery) -> str:
        """The error, which a phone shows in two lines; the attempt's page has all of it."""
        return format_html('<span class="clamped">{}</span>', delivery.error or "–")

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
    lead = _(
        "Events that Segment rejected. Requests that the portal refused are under Refused"
        " requests, in the tools on the first page."
    )
    when_empty = _("Events that Segment rejects appear here.")
    list_display = (
        "created", "feed_link", "connection_link", "event_link", "response", "reason",
    )  # fmt: skip
    list_filter = (*ROW_SCOPES, StatusFilter, RejectedFilter)
    fields = (
        "id", "created", "feed_link", "connection_link", "event_link", "response",
        "reason",
    )  # fmt: skip
    readonly_fields = fields
    created = time_column("created_at", _("rejected"))

    @admin.display(description=_("event"))
    def event_link(self, rejection: Rejection) -> str:
        return event_link(rejection.connection.feed, rejection.seq)
