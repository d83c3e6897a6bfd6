"""Write the notices to people, in the transaction that opens or closes their alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from streams.alerts.models import Notice
from streams.alerts.people.recipients import CHANNELS, Route, routes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.alerts.models import AlertQuerySet, NoticeQuerySet

TRIED_FOR = timedelta(days=1)  # a notice that can't be sent


def write_opened(alerts: AlertQuerySet, due: datetime) -> None:
    """Write the notices about new alerts to the people of their workspaces."""
    of_workspaces = alerts.exclude(workspace=None)
    rows = list(of_workspaces.values_list("pk", "workspace"))
    people = routes({workspace for _, workspace in rows})
    write(
        _to_workspace(Notice.Transition.OPENED, alert, workspace, route, due)
        for alert, workspace in rows
        for route in people[workspace]
    )


def write_recovered(opened: NoticeQuerySet, now: datetime) -> None:
    """Write the notices to everyone who got, or will get, one about the start."""
    told = opened.filter(channel__in=CHANNELS, dropped_at=None, given_up_at=None)
    rows = told.values_list("alert", "alert__workspace", "recipient", "channel")
    write(
        _to_workspace(
            Notice.Transition.CLOSED, alert, workspace, Route(user, channel), now
        )
        for alert, workspace, user, channel in rows
    )


def to_partner(
    transition: Notice.Transition,
    alert: int,
    partner: int,
    route: Route,
    due: datetime,
) -> Notice:
    """Return a notice to a member of a partner, to be written."""
    return Notice(
        alert_id=alert,
        transition=transition,
        audience=Notice.Audience.PARTNER,
        partner_id=partner,
        channel=route.channel,
        recipient_id=route.user,
        due_at=due,
        expires_at=due + TRIED_FOR,
    )


def _to_workspace(
    transition: Notice.Transition,
    alert: int,
    workspace: int,
    route: Route,
    due: datetime,
) -> Notice:
    return Notice(
        alert_id=alert,
        transition=transition,
        audience=Notice.Audience.WORKSPACE,
        workspace_id=workspace,
        channel=route.channel,
        recipient_id=route.user,
        due_at=due,
        expires_at=due + TRIED_FOR,
    )


def write(notices: Iterable[Notice]) -> None:
    """Write notices, except those that another process has written."""
    Notice.objects.bulk_create(list(notices), batch_size=1_000, ignore_conflicts=True)
