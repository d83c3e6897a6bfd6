"""Whether notices still have a reason at the time when they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.models import Alert, Notice
from streams.alerts.people.digests import Cadence
from streams.alerts.people.models import AudienceState, Mute, unacknowledged
from streams.alerts.people.recipients import (
    PORTAL,
    People,
    Place,
    partner,
    people_of,
    workspace,
)
from streams.alerts.roll_up import covered

if TYPE_CHECKING:
    from collections.abc import Sequence


def relevant(notices: Sequence[Notice]) -> dict[int, int]:
    """Return how many alerts each notice is about. One that no one needs is missing.

    No one needs a notice whose recipient is no longer a member or turned it off, one about an
    alert that is muted, one to a partner about fewer alerts than it takes, one to an operator
    about the start of something that is over, or one about the end of something that the
    partner or the operator wasn't notified of.
    """
    found = _without_alert([one for one in notices if one.alert_id is None])
    notices = _not_muted([one for one in notices if one.alert_id is not None])
    notices = _not_acknowledged(notices)
    places = {one.pk: _place(one) for one in notices}
    people = people_of(places.values())
    wanted = [
        one
        for one in notices
        if people.cadence(
            places[one.pk], one.recipient_id, one.about.condition, one.channel
        )
        != Cadence.OFF
    ]
    counts = {one.pk: _alerts_of(one) for one in wanted}
    return found | {pk: count for pk, count in counts.items() if count}


def _without_alert(notices: list[Notice]) -> dict[int, int]:
    """Return those of tests and disabled endpoints whose recipients are still members."""
    people = people_of(_place(one) for one in notices) if notices else People()
    return {
        one.pk: 1
        for one in notices
        if one.recipient_id in people.roles.get(_place(one), ())
    }


def _not_muted(notices: Sequence[Notice]) -> list[Notice]:
    """Return the notices without those about the start of an alert that is muted.

    A partner's notice is about several alerts, of which roll_up.py leaves out those.
    """
    rows = Mute.objects.filter(alert__in={one.alert_id for one in notices})
    muted = set(rows.values_list("alert", "audience"))
    return [
        one
        for one in notices
        if one.transition == Notice.Transition.CLOSED
        or one.audience == Notice.Audience.PARTNER
        or (one.alert_id, one.audience) not in muted
    ]


def _not_acknowledged(notices: Sequence[Notice]) -> list[Notice]:
    """Leave out the reminders about an alert that someone of their audience takes care of.

    A partner's reminder is about several alerts. `_alerts_of_partner` counts only the others.
    """
    reminders = {
        one.alert_id for one in notices if one.transition == Notice.Transition.REMIND
    }
    rows = AudienceState.objects.filter(
        alert__in=reminders, acknowledged_at__isnull=False
    )
    done = set(rows.values_list("alert", "audience")) if reminders else set()
    return [
        one
        for one in notices
        if one.transition != Notice.Transition.REMIND
        or one.audience == Notice.Audience.PARTNER
        or (one.alert_id, one.audience) not in done
    ]


def _place(notice: Notice) -> Place:
    # The previous version writes no place.
    if notice.audience == Notice.Audience.OPERATOR:
        return PORTAL
    if notice.audience == Notice.Audience.PARTNER:
        return partner(notice.partner_id or notice.about.partner_id or 0)
    return workspace(notice.workspace_id or notice.about.workspace_id or 0)


def _alerts_of(notice: Notice) -> int:
    """Return how many alerts a notice is about; 0 if it has no reason."""
    if notice.audience == Notice.Audience.PARTNER:
        return _alerts_of_partner(notice)
    if notice.transition == Notice.Transition.REMIND:
        return int(notice.about.closed_at is None)
    if notice.audience == Notice.Audience.OPERATOR:
        return int(_concerns_operator(notice))
    return 1


def _concerns_operator(notice: Notice) -> bool:
    if notice.transition == Notice.Transition.CLOSED:
        return _start_was_sent(notice)
    # A digest also has the alerts that are over.
    return notice.about.closed_at is None or notice.digest_end is not None


def _alerts_of_partner(notice: Notice) -> int:
    if notice.transition == Notice.Transition.CLOSED:
        return int(_start_was_sent(notice))
    least = BY_CONDITION[Alert.Condition(notice.about.condition)].partner_from
    about = covered(notice)
    if notice.transition == Notice.Transition.REMIND:
        about = unacknowledged(about.filter(closed_at=None), notice.audience)
    count = about.count()
    return count if least is not None and count >= least else 0


def _start_was_sent(closing: Notice) -> bool:
    """Whether the recipient was notified of the start of an alert, in the same channel."""
    first = Notice.objects.filter(
        alert=closing.alert_id,
        transition=Notice.Transition.OPENED,
        recipient=closing.recipient_id,
        channel=closing.channel,
        audience=closing.audience,
    )
    return first.exclude(sent_at=None).exists()
