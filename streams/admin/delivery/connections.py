from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery import pause_page
from streams.admin.delivery.badges import badge, deleted_badge
from streams.admin.delivery.blocks import ListWithBlocks, block_of
from streams.admin.delivery.connection_filters import (
    AwaitingOperatorFilter,
    ConnectionStreamFilter,
    DeletedFilter,
    HaltFilter,
    StateFilter,
)
from streams.admin.delivery.workspace_delivery import status_of
from streams.admin.shared.base import (
    LIST_AND_FORM,
    ReadOnlyAdmin,
    time_column,
    to_the_second,
)
from streams.admin.shared.links import events_link, link, linked, list_link
from streams.admin.shared.scope import WorkspaceOfFeedFilter
from streams.connections.action_log import Conflict
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.observability.feed_state.states import FeedState

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The events of a connection that have not been sent yet; without a cursor, none.
QUEUED = Coalesce(
    Subquery(
        Cursor.objects.filter(connection=OuterRef("pk"), kind=Cursor.Kind.LIVE).values(
            size=F("feed__head_seq") - F("position")
        )[:1]
    ),
    0,
)


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    """Connections. Shows no more of a write key than its last four characters."""

    when_empty = _("Members of a workspace connect it to Segment in the portal.")
    activity_scope = ("workspace", "feed.workspace.public_id")
    list_display = (
        "name", "feed_link", "state", "reason", "waiting", "next_try", "last_delivery",
        "public_id", "deleted",
    )  # fmt: skip
    list_filter = (
        WorkspaceOfFeedFilter,
        ConnectionStreamFilter,
        StateFilter,
        AwaitingOperatorFilter,
        "region",
        DeletedFilter,
        HaltFilter,
        "feed__stream__partner",
    )
    list_select_related = ("feed__workspace", "feed__stream")
    search_fields = (
        "public_id__exact",
        "key_last4__exact",
        "feed__workspace__external_id__exact",
        "feed__workspace__name__istartswith",
    )
    search_help_text = _(
        "Enter a connection ID, the last four characters of a write key, a workspace's"
        " external ID, or the start of its name."
    )
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": (
            "feed_link", "workspace_link", "public_id", "region", "created", "deleted", "links",
        )}),
        (_("Delivery"), {"description": _(
            "To stop this connection alone, pause it. A halt stops a stream, a region or"
            " everything."
        ), "fields": (
            "full_state", "since", "waiting", "failures", "next_try", "last_delivery",
        )}),
        (_("Write key"), {"fields": (
            "write_key", "key_ring_id", "recognized", "asked", "tested", "seen",
        )}),
    )  # fmt: skip
    created = time_column("created_at", _("created"))
    deleted = time_column("deleted_at", _("deleted"))
    since = time_column("status_at", _("connection status since"))
    asked = time_column("known_at", _("last key check"))
    tested = time_column("test_sent_at", _("last test event"))
    seen = time_column("seen_at", _("test event confirmed"))
    actions = ("pause", "resume", "retry_now")

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Name the customer and the stream before the end of the key."""
        connection: Connection | None = kwargs.get("obj")
        if connection is not None:
            context["subtitle"] = gettext("%(feed)s: %(connection)s") % {
                "feed": connection.feed,
                "connection": connection,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        known = {"site": self.admin_site}
        shown = self.admin_site.admin_view(pause_page.pause_connections)
        return [
            path("pause/", shown, known, name="streams_connection_pause"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ListWithBlocks]:
        return ListWithBlocks

    def get_ordering(self, request: HttpRequest) -> Any:
        """Return the order: of connections that need attention, the largest queue first."""
        if request.GET.get("state") == FeedState.ATTENTION.name.lower():
            return (QUEUED.desc(), "-pk")
        return self.ordering

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        live = Cursor.objects.filter(kind=Cursor.Kind.LIVE).select_related("feed")
        return (
            super()
            .get_queryset(request)
            .defer("key_ciphertext", "key_fingerprint")
            .prefetch_related(Prefetch("cursors", live, to_attr="live"))
        )

    @admin.display(description=_("connection"), ordering="key_last4")
    def name(self, connection: Connection) -> str:
        return str(connection)

    @admin.display(description=_("status"))
    def state(self, connection: Connection) -> str:
        if connection.deleted_at:
            return deleted_badge()
        tone, word, _reason = _status(connection)
        return badge(word, tone)

    @admin.display(description=_("status"))
    def full_state(self, connection: Connection) -> str:
        """Return the status and its reason, as on the workspace's page."""
        if connection.deleted_at:
            return deleted_badge()
        tone, word, reason = _status(connection)
        return format_html("{} {}", badge(word, tone), reason)

    @admin.display(description=_("workspace"))
    def workspace_link(self, connection: Connection) -> str:
        return link(connection.feed.workspace)

    @admin.display(description=_("write key"))
    def write_key(self, connection: Connection) -> str:
        return f"…{connection.key_last4}"

    @admin.display(description=_("key recognized"))
    def recognized(self, connection: Connection) -> str:
        words = {None: gettext("Unknown"), True: gettext("Yes"), False: gettext("No")}
        return words[connection.known]

    @admin.display(description=_("reason"))
    def reason(self, connection: Connection) -> str:
        return "" if connection.deleted_at else _status(connection)[2]

    @admin.display(description=_("queued"), ordering=QUEUED)
    def waiting(self, connection: Connection) -> int | None:
        cursor = live_cursor(connection)
        return cursor.feed.head_seq - cursor.position if cursor else None

    @admin.display(description=_("consecutive failures"))
    def failures(self, connection: Connection) -> int | None:
        cursor = live_cursor(connection)
        return cursor.failures if cursor else None

    @admin.display(description=_("next attempt"))
    def next_try(self, connection: Connection) -> str:
        cursor = live_cursor(connection)
        sends = cursor and not cursor.held and not block_of(connection)
        return to_the_second(cursor.due_at if cursor and sends else None)

    @admin.display(description=_("last delivered"))
    def last_delivery(self, connection: Connection) -> str:
        cursor = live_cursor(connection)
        return to_the_second(cursor.last_delivered_at if cursor else None)

    @admin.display(description=_("feed"))
    def feed_link(self, connection: Connection) -> str:
        return link(connection.feed)

    @admin.display(description=_("related"))
    def links(self, connection: Connection) -> str:
        named = {"connection": connection.public_id}
        return linked(
            list_link(Delivery, _("Delivery attempts"), **named),
            list_link(Rejection, _("Rejected events"), **named),
            events_link(connection.feed),
        )

    def works_for(self, action: str, rows: Sequence[Connection]) -> bool:
        return any(action in _usable(connection) for connection in rows)

    @admin.action(
        description=_("Pause delivery…"),
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def pause(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Lead to the page that asks for the reason."""
        return pause_page.ask(request, queryset)

    @admin.action(
        description=_("Resume delivery"),
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def resume(self, request: HttpRequest, queryset: QuerySet) -> None:
        done = _("Resumed connection %(connection)s.")
        self._each(request, queryset, status.resume, done)

    @admin.action(
        description=_("Retry now"),
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def retry_now(self, request: HttpRequest, queryset: QuerySet) -> None:
        done = _("Retrying connection %(connection)s now.")
        self._each(request, queryset, status.retry_now, done)

    def _each(
        self,
        request: HttpRequest,
        connections: QuerySet,
        change: Callable[..., None],
        done: StrOrPromise,
    ) -> None:
        """Apply a service to each connection and report each result."""
        for connection in connections:
            try:
                change(connection=connection, actor=request.user)
            except Conflict as refusal:
                words, level = f"{connection}: {refusal}", messages.WARNING
            else:
                words, level = done % {"connection": connection}, messages.SUCCESS
            self.message_user(request, words, level)


def _status(connection: Connection) -> tuple[str, str, str]:
    cursor = live_cursor(connection)
    queued = cursor.feed.head_seq - cursor.position if cursor else 0
    return status_of(connection, cursor, block_of(connection), queued=queued)


def _usable(connection: Connection) -> set[str]:
    """Return the actions that work for a connection."""
    if connection.deleted_at:
        return set()
    if connection.status != Connection.Status.ACTIVE:
        return {"resume"}
    cursor = live_cursor(connection)
    is_due = cursor is not None and cursor.due_at is not None and not cursor.held
    retries = is_due and not block_of(connection)
    return {"pause", "retry_now"} if retries else {"pause"}


def live_cursor(connection: Connection) -> Cursor | None:
    """Return the live cursor that the list has prefetched."""
    live: list[Cursor] = connection.__dict__["live"]
    return live[0] if live else None
