from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery import feed_events, feed_quarantine
from streams.admin.delivery.badges import badge
from streams.admin.delivery.blocks import block_of, read_blocks
from streams.admin.delivery.workspace_delivery import status_of
from streams.admin.shared.base import ReadOnlyAdmin, time_column, to_the_second
from streams.admin.shared.links import events_link, link, linked, list_link
from streams.admin.shared.scope import PartnerScope, WorkspaceFilter
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.delivery.retention.expiry import expiring_of, expiring_of_all
from streams.events.models import Feed
from streams.events.retention.past_retention import oldest_retained
from streams.observability import ledger
from streams.observability.issues.models import IssueKind

if TYPE_CHECKING:
    from streams.observability.ledger import Ledger


class FeedList(ChangeList):
    """The page's feeds with their ledgers and connections, read for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        feeds: list[Feed] = list(self.result_list)
        ledgers = ledger.of_each([feed.pk for feed in feeds])
        current = Connection.objects.current().filter(feed__in=feeds)
        connections = {one.feed_id: one for one in current}
        live = Cursor.objects.filter(
            connection__in=connections.values(), kind=Cursor.Kind.LIVE
        )
        cursors = {cursor.feed_id: cursor for cursor in live}
        for feed in feeds:
            feed.__dict__["ledger"] = ledgers[feed.pk]
            feed.__dict__["cursor"] = cursors.get(feed.pk)
            connection = connections.get(feed.pk)
            feed.__dict__["connection"] = connection
            if connection is not None:
                connection.feed = feed  # with its stream and workspace
        read_blocks(connections.values())
        self.result_list = feeds


def ledger_of(feed: Feed) -> Ledger:
    """Return the ledger that the list has prefetched, or read it."""
    found: Ledger | None = feed.__dict__.get("ledger")
    if found is None:
        found = feed.__dict__["ledger"] = ledger.of(feed)
    return found


class FeedWorkspaceFilter(WorkspaceFilter):
    path = "workspace__public_id"


class FeedPartnerFilter(PartnerScope):
    path = "stream__partner__slug"


class ExpiringFilter(admin.SimpleListFilter):
    """Feeds whose queued events are about to expire."""

    title, parameter_name = _("expiring soon"), "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", gettext("Within a week"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(pk__in=[one.feed_id for one in expiring_of_all(now())])


@admin.register(Feed)
class FeedAdmin(ReadOnlyAdmin):
    when_empty = _("A feed is created when a workspace gets a stream of its partner.")
    activity_scope = ("workspace", "workspace.public_id")
    list_display = (
        "workspace", "stream", "connection", "events", "accepted", "delivered",
        "recovered", "rejected", "filtered", "expired_events", "queued",
        "last_delivery",
    )  # fmt: skip
    list_filter = (
        FeedWorkspaceFilter, FeedPartnerFilter, ExpiringFilter, "stream",
    )  # fmt: skip
    list_select_related = ("workspace", "stream")
    search_fields = (
        "workspace__external_id__exact",
        "workspace__public_id__exact",
        "workspace__name__istartswith",
    )
    search_help_text = _(
        "Enter a workspace's public ID, its external ID, or the start of its name."
    )
    ordering = ("-pk",)
    fields = (
        "workspace_link", "stream_link", "ingest_key", "created", "links", "accepted",
        "delivered", "recovered", "rejected", "filtered", "expired_events", "erased", "queued",
        "in_quarantine", "last_event", "last_delivery", "oldest", "expiring",
    )  # fmt: skip
    readonly_fields = fields
    created = time_column("created_at", _("created"))
    last_event = time_column("head_at", _("last event"))

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return FeedList

    def get_urls(self) -> list[URLPattern]:
        shown = self.admin_site.admin_view
        return [
            path(
                "<int:feed_id>/events/",
                shown(feed_events.events),
                {"site": self.admin_site},
                name="streams_feed_events",
            ),
            path(
                "<int:feed_id>/events/<int:seq>/",
                shown(feed_events.event),
                {"site": self.admin_site},
                name="streams_feed_event",
            ),
            path(
                "<int:feed_id>/quarantine/",
                shown(feed_quarantine.quarantine),
                {"site": self.admin_site},
                name="streams_feed_quarantine",
            ),
            *super().get_urls(),
        ]

    @admin.display(description=_("connection"))
    def connection(self, feed: Feed) -> str:
        found: Connection | None = feed.__dict__["connection"]
        if found is None:
            return gettext("Not connected")
        counts = ledger_of(feed)
        tone, word, _reason = status_of(
            found,
            feed.__dict__["cursor"],
            block_of(found),
            queued=counts.pending + counts.held,
        )
        return format_html("{} {}", link(found), badge(word, tone))

    @admin.display(description=_("accepted"))
    def accepted(self, feed: Feed) -> int:
        return ledger_of(feed).accepted

    @admin.display(description=_("delivered"))
    def delivered(self, feed: Feed) -> int:
        return ledger_of(feed).delivered

    @admin.display(description=_("recovered"))
    def recovered(self, feed: Feed) -> int:
        return ledger_of(feed).recovered

    @admin.display(description=_("rejected"))
    def rejected(self, feed: Feed) -> int:
        return ledger_of(feed).rejected

    @admin.display(description=_("skipped"))
    def filtered(self, feed: Feed) -> int:
        return ledger_of(feed).filtered

    @admin.display(description=_("erased"))
    def erased(self, feed: Feed) -> int:
        return ledger_of(feed).erased

    @admin.display(description=_("expired"))
    def expired_events(self, feed: Feed) -> int:  # the feed's own `expired` is a part
        return ledger_of(feed).expired

    @admin.display(description=_("oldest retained event"))
    def oldest(self, feed: Feed) -> int:
        return oldest_retained(feed)

    @admin.display(description=_("expiring soon"))
    def expiring(self, feed: Feed) -> str:
        found = expiring_of(feed, now())
        if found is None:
            return gettext("None")
        text = ngettext(
            "%(count)s event, at %(time)s UTC",
            "%(count)s events, starting at %(time)s UTC",
            found.events,
        )
        return text % {"count": found.events, "time": to_the_second(found.first_at)}

    @admin.display(description=_("queued"))
    def queued(self, feed: Feed) -> int:
        counts = ledger_of(feed)
        return counts.pending + counts.held

    @admin.display(description=_("in quarantine"))
    def in_quarantine(self, feed: Feed) -> str:
        if not feed.quarantined:
            return "0"
        url = reverse("admin:streams_feed_quarantine", args=[feed.pk])
        return format_html('<a href="{}">{}</a>', url, f"{feed.quarantined:,}")

    @admin.display(description=_("last delivered"))
    def last_delivery(self, feed: Feed) -> str:
        return to_the_second(ledger_of(feed).last_delivered_at)

    @admin.display(description=_("events"))
    def events(self, feed: Feed) -> str:
        return events_link(feed)

    @admin.display(description=_("ingest key"))
    def ingest_key(self, feed: Feed) -> str:
        return f"{feed.ingest_key_hint}…" if feed.ingest_key_hint else gettext("None")

    @admin.display(description=_("workspace"))
    def workspace_link(self, feed: Feed) -> str:
        return link(feed.workspace)

    @admin.display(description=_("stream"))
    def stream_link(self, feed: Feed) -> str:
        return link(feed.stream)

    @admin.display(description=_("related"))
    def links(self, feed: Feed) -> str:
        named = {"workspace": feed.workspace.public_id}
        return linked(
            events_link(feed),
            list_link(Delivery, _("Workspace delivery attempts"), **named),
            list_link(Rejection, _("Workspace rejected events"), **named),
            list_link(Connection, _("Workspace connections"), **named),
            list_link(Cursor, _("Workspace cursors"), **named),
            list_link(IssueKind, _("Workspace issues"), **named),
        )
