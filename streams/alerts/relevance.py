"""Whether notices still have a reason at the time when they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.models import Alert, Notice
from streams.alerts.people.recipients import partner_recipients, recipients
from streams.alerts.roll_up import covered

if TYPE_CHECKING:
    from collections.abc import Sequence


def relevant(notices: Sequence[Notice]) -> dict[int, int]:
    """Return how many alerts each notice is about. One that no one needs is missing.

    No one needs a notice whose recipient is no longer an admin, one to a partner about fewer
    alerts than it takes, or one about the end of something that the partner wasn't notified
    of.
    """
    own = [one for one in notices if one.audience == Notice.Audience.WORKSPACE]
    of_partner = [one for one in notices if one.audience == Notice.Audience.PARTNER]
    people = recipients(
        {one.alert.workspace_id for one in own if one.alert.workspace_id}
    )
    admins = partner_recipients(
        {one.alert.partner_id for one in of_partner if one.alert.partner_id}
    )
    found = {
        one.pk: 1
        for one in own
        if one.recipient_id in people.get(one.alert.workspace_id or 0, ())
    }
    for one in of_partner:
        if one.recipient_id in admins.get(one.alert.partner_id or 0, ()) and (
            count := _alerts_of(one)
        ):
            found[one.pk] = count
    return found


def _alerts_of(notice: Notice) -> int:
    """Return how many alerts a partner's notice is about; 0 if it has no reason."""
    if notice.transition == Notice.Transition.CLOSED:
        first = Notice.objects.filter(
            alert=notice.alert_id,
            transition=Notice.Transition.OPENED,
            recipient=notice.recipient_id,
            channel=notice.channel,
            audience=notice.audience,
        )
        return int(first.exclude(sent_at=None).exists())
    least = BY_CONDITION[Alert.Condition(notice.alert.condition)].partner_from
    count = covered(notice).count()
    return count if least is not None and count >= least else 0
