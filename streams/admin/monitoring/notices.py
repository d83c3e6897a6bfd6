"""Notices about alerts, all read-only."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import badge
from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import time_column, to_the_second
from streams.admin.shared.links import link, link_column
from streams.alerts.models import Notice
from streams.alerts.people.notice_states import (
    CONDITIONS,
    NoticeState,
    state_at,
    state_of,
)
from streams.tenancy.models import User


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
    when_empty = _("The portal creates notices for the people whom an alert concerns.")
    list_display = (
        "id", "alert_link", "transition", "channel", "recipient", "audience", "state",
        "at", "attempts",
    )  # fmt: skip
    list_filter = (NoticeStateFilter, "transition", "channel", "audience")
    search_fields = ("recipient__email__iexact",)
    search_help_text = _("Enter the full email of a recipient.")
    list_select_related = ("alert", "recipient")
    fields = (
        "id", "alert_link", "transition", "channel", "cadence", "recipient_link", "audience", "state", "due", "expires",
        "attempts", "failure", "sent", "dropped", "given_up",
    )  # fmt: skip
    readonly_fields = fields
    recipient_link = link_column("recipient", _("recipient"))
    due = time_column("due_at", _("due"))
    expires = time_column("expires_at", _("expires"))
    sent = time_column("sent_at", _("sent"))
    dropped = time_column("dropped_at", _("dropped"))
    given_up = time_column("given_up_at", _("failed"))

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
        """Return when it was sent, dropped or failed, or when it is due."""
        return to_the_second(state_at(notice))

    @admin.display(description=_("alert"))
    def alert_link(self, notice: Notice) -> str:
        return link(notice.alert) if notice.alert else "–"
