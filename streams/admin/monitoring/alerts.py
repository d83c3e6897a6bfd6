"""Alerts, all read-only except that operators acknowledge and mute those of the portal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from django.contrib import admin, messages
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import badge
from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import (
    LIST_AND_FORM,
    staff_of,
    time_column,
    to_the_second,
)
from streams.admin.shared.links import link
from streams.admin.shared.period import PeriodFilter
from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.models import Alert, Notice
from streams.alerts.people.acknowledging import acknowledge
from streams.alerts.people.models import AudienceState, Mute
from streams.alerts.people.muting import MuteFor, mute, unmute

OPERATOR = Notice.Audience.OPERATOR


def is_of_portal(alert: Alert) -> bool:
    """Whether operators get notices about the alert."""
    return BY_CONDITION[Alert.Condition(alert.condition)].for_operators


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
    when_empty = _("The portal opens alerts when a condition lasts.")
    activity_scope = ("workspace", "workspace.public_id")
    list_display = (
        "opened", "condition", "about", "partner_link", "reason", "state", "muted", "closed",
    )  # fmt: skip
    list_filter = (OpenFilter, "condition", OpenedFilter)
    list_select_related = (
        "workspace", "stream", "partner", "connection__feed__workspace",
        "connection__feed__stream",
    )  # fmt: skip
    fields = (
        "id", "condition", "subject", "partner_link", "stream_link", "workspace_link",
        "connection_link", "reason", "state", "acknowledged", "muted", "began", "opened",
        "closed",
    )  # fmt: skip
    readonly_fields = fields
    began = time_column("since", _("since"))
    opened = time_column("opened_at", _("opened"))
    closed = time_column("closed_at", _("closed"))
    actions = (
        "acknowledge",
        "mute_for_hour",
        "mute_for_day",
        "mute_until_closed",
        "unmute",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        """Load who acknowledged and muted each alert for operators."""
        mutes = Mute.objects.filter(audience=OPERATOR).select_related("muted_by")
        states = AudienceState.objects.filter(audience=OPERATOR)
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("mutes", mutes, to_attr="own_mutes"),
                Prefetch(
                    "states",
                    states.select_related("acknowledged_by"),
                    to_attr="own_states",
                ),
            )
        )

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

    @admin.display(description=_("acknowledged"))
    def acknowledged(self, alert: Alert) -> str:
        """Say which operator takes care of the alert, and since when."""
        state = _acknowledgment(alert)
        if state is None:
            return "–"
        since = to_the_second(state.acknowledged_at)
        fields = {"person": state.acknowledged_by or "–", "since": since}
        return gettext("At %(since)s, by %(person)s") % fields

    @admin.display(description=_("muted"))
    def muted(self, alert: Alert) -> str:
        """Say who muted an open alert for operators, and until when."""
        own = _mute_of(alert)
        if alert.closed_at or own is None:
            return "–"
        until = to_the_second(own.until)
        fields = {"person": own.muted_by or "–", "until": until}
        if own.until is None:
            return gettext("Until it closes, by %(person)s") % fields
        return gettext("Until %(until)s, by %(person)s") % fields

    def works_for(self, action: str, rows: Sequence[Alert]) -> bool:
        """Operators acknowledge and mute open alerts of the portal only."""
        if action == "unmute":
            return any(_mute_of(alert) for alert in rows)
        own = [one for one in rows if is_of_portal(one) and not one.closed_at]
        if action == "acknowledge":
            return any(_acknowledgment(alert) is None for alert in own)
        return bool(own)

    @admin.action(
        description=_("Acknowledge"), permissions=["operate"], location=LIST_AND_FORM
    )
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Stop the reminders about alerts of the portal."""
        own, actor = [one for one in queryset if is_of_portal(one)], staff_of(request)
        count = sum(
            acknowledge(alert=one, audience=OPERATOR, actor=actor) for one in own
        )
        text = ngettext(
            "Acknowledged %(count)s alert.", "Acknowledged %(count)s alerts.", count
        )
        self._say(request, count, text)

    @admin.action(
        description=_("Mute for 1 hour"),
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def mute_for_hour(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        self._mute(request, queryset, MuteFor.HOUR)

    @admin.action(
        description=_("Mute for 1 day"), permissions=["operate"], location=LIST_AND_FORM
    )
    def mute_for_day(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        self._mute(request, queryset, MuteFor.DAY)

    @admin.action(
        description=_("Mute until it closes"),
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def mute_until_closed(
        self, request: HttpRequest, queryset: QuerySet[Alert]
    ) -> None:
        self._mute(request, queryset, MuteFor.END)

    def _mute(
        self, request: HttpRequest, queryset: QuerySet[Alert], how_long: MuteFor
    ) -> None:
        """Mute the alerts of the portal: operators get no notices about others."""
        own, actor = [one for one in queryset if is_of_portal(one)], staff_of(request)
        count = sum(
            mute(alert=one, audience=OPERATOR, how_long=how_long, actor=actor)
            for one in own
        )
        self._say(
            request,
            count,
            ngettext(
                "Muted %(count)s alert for operators.",
                "Muted %(count)s alerts for operators.",
                count,
            ),
        )

    @admin.action(
        description=_("Unmute"), permissions=["operate"], location=LIST_AND_FORM
    )
    def unmute(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        actor = staff_of(request)
        count = sum(
            unmute(alert=one, audience=OPERATOR, actor=actor) for one in queryset
        )
        self._say(
            request,
            count,
            ngettext("Unmuted %(count)s alert.", "Unmuted %(count)s alerts.", count),
        )

    def _say(self, request: HttpRequest, count: int, text: str) -> None:
        if count:
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
            return
        text = gettext(
            "Select open alerts of the portal: operators get notices only about those."
        )
        self.message_user(request, text, messages.WARNING)

    @admin.display(description=_("connection"))
    def connection_link(self, alert: Alert) -> str:
        return link(alert.connection) if alert.connection else "–"


def _acknowledgment(alert: Alert) -> AudienceState | None:
    """Return who takes care of the alert for operators, from the prefetched rows."""
    states: list[AudienceState] = alert.__dict__["own_states"]
    return states[0] if states and states[0].acknowledged_at else None


def _mute_of(alert: Alert) -> Mute | None:
    """Return the mute of the alert for operators, from the prefetched rows."""
    mutes: list[Mute] = alert.__dict__["own_mutes"]
    return mutes[0] if mutes else None
