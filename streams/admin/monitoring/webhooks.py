"""Webhook endpoints and the messages to them, read-only and without their secrets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import badge
from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import LIST_AND_FORM, staff_of, time_column
from streams.admin.shared.links import link, list_link
from streams.admin.shared.scope import ScopeFilter
from streams.alerts.webhooks.failing import failing_endpoints
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.alerts.webhooks.services import (
    NotSentAgain,
    can_send_again,
    send_again,
)
from streams.base.clock import now

State = WebhookMessage.State


class FailingFilter(admin.SimpleListFilter):
    """Filter by whether messages to the endpoint fail, as in the work queue."""

    title, parameter_name = _("status"), "status"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [("failing", gettext("Failing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(pk__in=failing_endpoints(now()).values("pk"))


class EndpointFilter(ScopeFilter):
    title, parameter_name = _("webhook endpoint"), "endpoint"
    path = "endpoint__public_id"

    def name_of(self, public_id: str) -> str:
        row = WebhookEndpoint.objects.filter(public_id=public_id).first()
        return str(row or public_id)


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = _("status"), "status"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or ""
        if value not in State.values:
            return queryset
        return queryset.filter(_of_state(State(value)))


def _of_state(state: State) -> Q:
    """Return the condition for `WebhookMessage.state`."""
    unfinished = Q(delivered_at=None, dropped_at=None, given_up_at=None)
    failed = ~Q(failure="") | Q(status__isnull=False)
    return {
        State.WAITING: unfinished & ~failed,
        State.RETRYING: unfinished & failed,
        State.DELIVERED: Q(delivered_at__isnull=False),
        State.DROPPED: Q(delivered_at=None, dropped_at__isnull=False),
        State.GIVEN_UP: Q(
            delivered_at=None, dropped_at=None, given_up_at__isnull=False
        ),
    }[state]


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(HistoryAdmin):
    when_empty = _("Partners and workspaces add endpoints in the portal.")
    activity_scope = ("workspace", "workspace.public_id")
    list_display = (
        "public_id", "owner_link", "kind", "shown_url", "failing", "gone", "created",
    )  # fmt: skip
    list_filter = (FailingFilter, "kind")
    list_select_related = ("workspace__partner", "partner")
    fields = (
        "public_id", "owner_link", "kind", "shown_url", "description", "key_ring_id",
        "failing", "gone", "created", "message_links",
    )  # fmt: skip
    readonly_fields = fields
    failing = time_column("failing_since", _("failing since"))
    gone = time_column("gone_at", _("disabled"))
    created = time_column("created_at", _("created"))

    def activity_of(self, row: Model) -> dict[str, str]:
        """Return the workspace, or else the partner, that owns the endpoint."""
        endpoint = cast("WebhookEndpoint", row)
        if endpoint.partner:
            return {"partner": endpoint.partner.slug}
        return super().activity_of(row)

    @admin.display(description=_("owner"))
    def owner_link(self, endpoint: WebhookEndpoint) -> str:
        owner = endpoint.workspace or endpoint.partner
        return link(owner) if owner else "–"

    @admin.display(description=_("related"))
    def message_links(self, endpoint: WebhookEndpoint) -> str:
        text = _("Webhook messages")
        return list_link(WebhookMessage, text, endpoint=endpoint.public_id)


@admin.register(WebhookMessage)
class WebhookMessageAdmin(HistoryAdmin):
    """Messages. One whose last attempt failed can be sent again."""

    when_empty = _(
        "Each alert of a partner or workspace with an endpoint creates a message."
    )
    list_display = (
        "public_id", "endpoint_link", "alert_link", "transition", "state", "response",
        "attempts", "due",
    )  # fmt: skip
    list_filter = (EndpointFilter, StateFilter, "transition", "failure")
    list_select_related = ("endpoint", "alert")
    fields = (
        "public_id", "endpoint_link", "alert_link", "transition", "state", "response",
        "duration_ms", "attempts", "created", "due", "expires", "attempted",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("send_again",)
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

    @admin.display(description=_("response"))
    def response(self, message: WebhookMessage) -> str:
        """Return the status of the last attempt, or the reason why there is none."""
        return str(message.status or message.get_failure_display() or "–")

    def works_for(self, action: str, rows: Sequence[WebhookMessage]) -> bool:
        return any(can_send_again(message) for message in rows)

    @admin.action(
        description=_("Send again"), permissions=["operate"], location=LIST_AND_FORM
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for message in queryset.select_related("endpoint"):
            try:
                send_again(message=message, actor=staff_of(request))
            except NotSentAgain as refusal:
                words, level = f"{message}: {refusal}", messages.WARNING
            else:
                words = gettext("Sending message %(message)s again.")
                words, level = words % {"message": message}, messages.SUCCESS
            self.message_user(request, words, level)
