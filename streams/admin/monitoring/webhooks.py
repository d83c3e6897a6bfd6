"""Webhook endpoints and the messages to them, read-only and without their secrets."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import badge
from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import link, time_column
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(HistoryAdmin):
    list_display = (
        "public_id", "owner_link", "kind", "shown_url", "failing", "created",
    )  # fmt: skip
    list_filter = ("kind",)
    list_select_related = ("workspace__partner", "partner")
    fields = (
        "public_id", "owner_link", "kind", "shown_url", "description", "key_ring_id",
        "failing", "created",
    )  # fmt: skip
    readonly_fields = fields
    failing = time_column("failing_since", _("failing since"))
    created = time_column("created_at", _("created"))

    @admin.display(description=_("owner"))
    def owner_link(self, endpoint: WebhookEndpoint) -> str:
        owner = endpoint.workspace or endpoint.partner
        return link(owner) if owner else "–"


@admin.register(WebhookMessage)
class WebhookMessageAdmin(HistoryAdmin):
    list_display = (
        "public_id", "endpoint_link", "transition", "state", "status", "failure",
        "attempts", "created", "due",
    )  # fmt: skip
    list_filter = ("transition", "failure")
    list_select_related = ("endpoint", "alert")
    fields = (
        "public_id", "endpoint_link", "alert_link", "transition", "state", "status",
        "failure", "duration_ms", "attempts", "created", "due", "expires", "attempted",
    )  # fmt: skip
    readonly_fields = fields
    created = time_column("created_at", _("created"))
    due = time_column("due_at", _("due"))
    expires = time_column("expires_at", _("expires"))
    attempted = time_column("attempted_at", _("last attempt"))

    @admin.display(description=_("webhook endpoint"))
    def endpoint_link(self, message: WebhookMessage) -> str:
        return link(message.endpoint)

    @admin.display(description=_("alert"))
    def alert_link(self, message: WebhookMessage) -> str:
        return link(message.alert) if message.alert else "–"

    @admin.display(description=_("status"))
    def state(self, message: WebhookMessage) -> str:
        return badge(str(message.state.label), message.tone)
