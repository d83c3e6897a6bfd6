from __future__ import annotations

from collections.abc import Callable, Iterable

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from streams.admin.base import (
    LIST_AND_FORM,
    ReadOnlyAdmin,
    events_link,
    link,
    list_link,
    moment,
    to_the_second,
)
from streams.connections.models import Connection
from streams.delivery import services
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.delivery.services import Conflict


class DeletedFilter(admin.SimpleListFilter):
    title = "deleted"
    parameter_name = "deleted"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [("no", "No"), ("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "no")


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    """Never more of a write key than its last four characters."""

    list_display = (
        "public_id", "feed", "region", "write_key", "status", "waiting", "next_try",
        "last_delivery", "deleted",
    )  # fmt: skip
    list_filter = (
        "status",
        "region",
        DeletedFilter,
    )
    list_select_related = ("feed__workspace", "feed__stream")
    search_fields = (
        "public_id__exact",
        "feed__workspace__external_id__exact",
        "feed__workspace__name__istartswith",
    )
    search_help_text = "Connection id, workspace's external id, or how its name begins."
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "public_id",
                    "feed_link",
                    "region",
                    "created",
                    "deleted",
                    "links",
                )
            },
        ),
        (
            "Sending",
            {
                "fields": (
                    "status",
                    "status_reason",
                    "since",
                    "waiting",
                    "failures",
                    "next_try",
                    "last_delivery",
                ),
            },
        ),
        (
            "Write key",
            {
                "fields": (
                    "write_key",
                    "key_ring_id",
                    "known",
                    "asked",
                    "tested",
                    "seen",
                ),
            },
        ),
    )
    created = moment("created_at")
    deleted = moment("deleted_at")
    since = moment("status_at", "status since")
    asked = moment("known_at", "Segment was asked")
    tested = moment("test_sent_at", "last test event")
    seen = moment("seen_at", "seen in Segment")
    actions = ("pause", "resume", "retry_now")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        live = Cursor.objects.filter(kind=Cursor.Kind.LIVE).select_related("feed")
        return (
            super()
            .get_queryset(request)
            .defer("key_ciphertext", "key_fingerprint")
            .prefetch_related(Prefetch("cursors", live, to_attr="live"))
        )

    @admin.display(description="write key")
    def write_key(self, connection: Connection) -> str:
        return f"…{connection.key_last4}"

    @admin.display(description="waiting")
    def waiting(self, connection: Connection) -> int | None:
        cursor = live_cursor(connection)
        return cursor.feed.head_seq - cursor.position if cursor else None

    @admin.display(description="failed tries in a row")
    def failures(self, connection: Connection) -> int | None:
        cursor = live_cursor(connection)
        return cursor.failures if cursor else None

    @admin.display(description="next try")
    def next_try(self, connection: Connection) -> str:
        cursor = live_cursor(connection)
        return to_the_second(cursor.due_at if cursor and not cursor.held else None)

    @admin.display(description="last delivery")
    def last_delivery(self, connection: Connection) -> str:
        cursor = live_cursor(connection)
        return to_the_second(cursor.last_delivered_at if cursor else None)

    @admin.display(description="feed")
    def feed_link(self, connection: Connection) -> str:
        return link(connection.feed)

    @admin.display(description="more")
    def links(self, connection: Connection) -> str:
        named = {"q": connection.public_id}
        return format_html_join(
            " · ",
            "{}",
            [
                (list_link(Delivery, "Deliveries", **named),),
                (list_link(Rejection, "Rejections", **named),),
                (events_link(connection.feed),),
            ],
        )

    @admin.action(
        description="Pause: hold events",
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def pause(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, services.pause, "Paused")

    @admin.action(
        description="Resume: send what is held",
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def resume(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, services.resume, "Resumed")

    @admin.action(
        description="Retry now: do not wait any longer",
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def retry_now(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, services.retry_now, "To be tried now")

    def _each(
        self,
        request: HttpRequest,
        connections: QuerySet,
        change: Callable[..., None],
        done: str,
    ) -> None:
        """Apply a service to each, and say of each what came of it."""
        for connection in connections:
            try:
                change(connection=connection, actor=request.user)
            except Conflict as refusal:
                words, level = f"{connection.public_id}: {refusal}", messages.WARNING
            else:
                words, level = f"{done}: {connection.public_id}.", messages.SUCCESS
            self.message_user(request, words, level)


def live_cursor(connection: Connection) -> Cursor | None:
    """As the list has fetched it."""
    live: list[Cursor] = connection.__dict__["live"]
    return live[0] if live else None
