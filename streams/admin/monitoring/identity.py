"""Identity maps, addresses that receive events from Segment, and erasures, read-only.

Lists show no userIds, only single rows do.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import time_column
from streams.admin.shared.links import link_column
from streams.admin.shared.scope import WorkspaceOfFeedFilter
from streams.events.erasure.models import Erasure
from streams.identity.inbound_address import InboundAddress
from streams.identity.models import Conflict, Link


class MapAdmin(HistoryAdmin):
    """Rows of maps, newest first. A row's page records that an operator opened it."""

    activity_scope = ("workspace", "feed.workspace.public_id")
    list_select_related = ("feed__workspace", "feed__stream")
    first_seen = time_column("first_seen_at", _("first seen"))
    last_seen = time_column("last_seen_at", _("last seen"))
    feed_link = link_column("feed", _("feed"))


@admin.register(Link)
class LinkAdmin(MapAdmin):
    when_empty = _("The portal learns links from Segment, by API and from events.")
    list_filter = (WorkspaceOfFeedFilter, "kind", "origin")
    list_display = ("id", "feed_link", "kind", "origin", "first_seen", "last_seen")
    fields = (
        "feed_link", "kind", "type", "user_id", "origin", "project_id", "message_id",
        "key_id", "first_seen", "last_seen",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(Conflict)
class ConflictAdmin(MapAdmin):
    when_empty = _("Another userId for an identifier that has one is a conflict.")
    list_display = ("id", "feed_link", "kind", "state", "count", "last_seen")
    list_filter = (WorkspaceOfFeedFilter, "state", "kind", "origin")
    fields = (
        "feed_link", "kind", "type", "kept", "other", "count", "state", "decided_by",
        "decided", "origin", "project_id", "message_id", "first_seen", "last_seen",
    )  # fmt: skip
    readonly_fields = fields
    decided = time_column("decided_at", _("decided"))


@admin.register(InboundAddress)
class InboundAddressAdmin(HistoryAdmin):
    """Shows whether events arrive from Segment, and why the last was refused. No secrets."""

    activity_scope = ("workspace", "feed.workspace.public_id")
    when_empty = _("A workspace gets an address when someone sets up inbound events.")
    list_select_related = ("feed__workspace", "feed__stream")
    list_filter = (WorkspaceOfFeedFilter,)
    list_display = (
        "public_id", "feed_link", "received", "learned", "refused", "last_received",
        "last_refused",
    )  # fmt: skip
    fields = (
        "public_id", "feed_link", "created", "received", "learned", "unidentified",
        "duplicates", "own", "deletes", "suppressions", "suppressed", "refused", "last_received", "last_refused",
        "last_refused_rule", "last_refused_reason", "previous_until",
    )  # fmt: skip
    readonly_fields = fields
    feed_link = link_column("feed", _("feed"))
    created = time_column("created_at", _("created"))
    last_received = time_column("last_received_at", _("last received"))
    last_refused = time_column("last_refused_at", _("last refused"))
    previous_until = time_column(
        "previous_secret_until", _("previous secret works until")
    )


@admin.register(Erasure)
class ErasureAdmin(HistoryAdmin):
    """Reports of erasures, without the people."""

    activity_scope = ("workspace", "feed.workspace.public_id")
    when_empty = _("A person who is erased, or deleted in Segment, is listed here.")
    list_select_related = ("feed__workspace", "feed__stream", "requested_by")
    list_filter = (WorkspaceOfFeedFilter, "origin")
    list_display = (
        "public_id", "feed_link", "origin", "events", "quarantined", "links", "requested",
        "ended",
    )  # fmt: skip
    fields = (
        "public_id", "feed_link", "origin", "requested_by", "requested", "ended", "events",
        "quarantined", "links", "exports", "filters",
    )  # fmt: skip
    readonly_fields = fields
    feed_link = link_column("feed", _("feed"))
    requested = time_column("requested_at", _("requested"))
    ended = time_column("ended_at", _("ended"))
