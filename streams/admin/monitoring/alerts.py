"""Alerts and the notices about them, all read-only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import badge
from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import link, time_column, to_the_second
from streams.admin.shared.period import PeriodFilter
from streams.alerts.models import Alert, Notice
from streams.alerts.people.notice_states import (
    CONDITIONS,
    NoticeState,
    state_at,
    state_of,
)
from streams.tenancy.models import User


class OpenFilter(admin.SimpleListFilter):
    title, parameter_name = _("status"), "status"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [("open", gettext("Open")), ("closed", gettext("Closed"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Alert]
    ) -> QuerySet[Alert]:
        is_open = {"open": True, "closed": False}.get(self.value() or "")
        return (
            queryset if is_open is None else queryset.filter(closed_at__isnull=is_open)
        )


class OpenedFilter(PeriodFilter):
    field = "opened_at"


@admin.register(Alert)
class AlertAdmin(HistoryAdmin):
    activity_scope = ("workspace", "workspace.public_id")
    list_display = (
        "opened", "condition", "about", "partner_link", "reason", "state", "closed",
    )  # fmt: skip
    list_filter = (OpenFilter, "condition", OpenedFilter)
    list_select_related = (
        "workspace", "stream", "partner", "connection__feed__workspace",
        "connection__feed__stream",
    )  # fmt: skip
    fields = (
        "id", "condition", "subject", "partner_link", "stream_link", "workspace_link",
        "connection_link", "reason", "state", "began", "opened", "closed",
    )  # fmt: skip
    readonly_fields = fields
    began = time_column("since", _("since"))
    opened = time_column("opened_at", _("opened"))
    closed = time_column("closed_at", _("closed"))

    def activity_of(self, row: Model) -> dict[str, str]:
        """Return the narrowest of workspace, stream and partner. The portal has none."""
        alert = cast("Alert", row)
        if alert.workspace is None and alert.stream:
            return {"stream": alert.stream.slug}
        if alert.workspace is None and alert.partner:
            return {"partner": alert.partner.slug}
        return super().activity_of(row)

    @admin.display(description=_("about"))
    def about(self, alert: Alert) -> str:
        """Link the most specific of what the alert is about."""
        found = alert.connection or alert.workspace or alert.stream or alert.partner
        if found:
            return link(found)
        part = alert.subject.partition(":")[2]
        return gettext("The portal: %(part)s") % {"part": part}

    @admin.display(description=_("partner"))
    def partner_link(self, alert: Alert) -> str:
        return link(alert.partner) if alert.partner else "–"

    @admin.display(description=_("stream"))
    def stream_link(self, alert: Alert) -> str:
        return link(alert.stream) if alert.stream else "–"

    @admin.display(description=_("workspace"))
    def workspace_link(self, alert: Alert) -> str:
        return link(alert.workspace) if alert.workspace else "–"

    @admin.display(description=_("status"))
    def state(self, alert: Alert) -> str:
        return badge(str(alert.state.label), alert.tone)

    @admin.display(description=_("connection"))
    def connection_link(self, alert: Alert) -> str:
        return link(alert.connection) if alert.connection else "–"


class NoticeStateFilter(admin.SimpleListFilter):
    title, parameter_name = _("status"), "status"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in NoticeState]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Notice]
    ) -> QuerySet[Notice]:
        value = self.value() or ""
        if value not in NoticeState.values:
            return queryset
        return queryset.filter(CONDITIONS[NoticeState(value)])


@admin.register(Notice)
class NoticeAdmin(HistoryAdmin):
    list_display = (
        "id", "alert_link", "transition", "channel", "recipient", "audience", "state",
        "at", "attempts",
    )  # fmt: skip
    list_filter = (NoticeStateFilter, "transition", "channel", "audience")
    search_fields = ("recipient__email__iexact",)
    search_help_text = _("Enter the full email of a recipient.")
    list_select_related = ("alert", "recipient")
    fields = (
        "id", "alert_link", "transition", "channel", "cadence", "recipient", "audience", "state", "due", "expires",
        "attempts", "sent", "dropped", "given_up",
    )  # fmt: skip
    readonly_fields = fields
    due = time_column("due_at", _("due"))
    expires = time_column("expires_at", _("expires"))
    sent = time_column("sent_at", _("sent"))
    dropped = time_column("dropped_at", _("dropped"))
    given_up = time_column("given_up_at", _("given up"))

    def search_conditions(self, request: HttpRequest, search_term: str) -> list[Q]:
        if not search_term:
            return [Q()]
        people = User.objects.filter(email__iexact=search_term)
        return [Q(recipient=pk) for pk in people.values_list("pk", flat=True)]

    @admin.display(description=_("status"))
    def state(self, notice: Notice) -> str:
        state = state_of(notice)
        return badge(str(state.label), state.tone)

    @admin.display(description=_("done or due"))
    def at(self, notice: Notice) -> str:
        """Return when it was sent, dropped or given up, or when it is due."""
        return to_the_second(state_at(notice))

    @admin.display(description=_("alert"))
    def alert_link(self, notice: Notice) -> str:
        return link(notice.alert)
