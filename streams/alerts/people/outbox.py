"""Write the notices to people, in the transaction that opens or closes their alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from streams.alerts.models import Notice
from streams.alerts.people.defaults import CHANNELS
from streams.alerts.people.digests import digest_end
from streams.alerts.people.recipients import Place, Route, people_of, workspace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.alerts.models import Alert
    from streams.alerts.people.notice import NoticeQuerySet
    from streams.alerts.queries import AlertQuerySet

TRIED_FOR = timedelta(days=1)  # a notice that can't be sent
AUDIENCES = {
    "workspace": Notice.Audience.WORKSPACE,
    "partner": Notice.Audience.PARTNER,
    "portal": Notice.Audience.OPERATOR,
}
OPENED, CLOSED = Notice.Transition.OPENED, Notice.Transition.CLOSED


def write_opened(
    alerts: AlertQuerySet, condition: Alert.Condition, due: datetime
) -> None:
    """Write the notices about new alerts to the people of their workspaces."""
    rows = [
        (alert, workspace(pk))
        for alert, pk in alerts.exclude(workspace=None).values_list("pk", "workspace")
    ]
    people = people_of(place for _, place in rows)
    write(
        notice_to(OPENED, alert, place, route, due)
        for alert, place in rows
        for route in people.routes(place, condition)
    )


def write_recovered(opened: NoticeQuerySet, now: datetime) -> None:
    """Write the notices to everyone who got, or will get, one about the start."""
    told = opened.filter(channel__in=CHANNELS, dropped_at=None, given_up_at=None)
    rows = told.values_list(
        "alert", "alert__workspace", "recipient", "channel", "cadence"
    )
    write(
        notice_to(CLOSED, alert, workspace(pk), Route(user, channel, cadence), now)
        for alert, pk, user, channel, cadence in rows
    )


def notice_to(
    transition: Notice.Transition,
    alert: int,
    place: Place,
    route: Route,
    due: datetime,
) -> Notice:
    """Return a notice to one of a place's people, to be written."""
    end = digest_end(route.cadence, due)
    return Notice(
        alert_id=alert,
        transition=transition,
        audience=AUDIENCES[place.kind],
        workspace_id=place.pk if place.kind == "workspace" else None,
        partner_id=place.pk if place.kind == "partner" else None,
        channel=route.channel,
        recipient_id=route.user,
        cadence=route.cadence,
        digest_end=end,
        due_at=end or due,
        expires_at=(end or due) + TRIED_FOR,
    )


def write(notices: Iterable[Notice]) -> None:
    """Write notices, except those that another process has written."""
    Notice.objects.bulk_create(list(notices), batch_size=1_000, ignore_conflicts=True)
