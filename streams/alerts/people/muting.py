"""Mute an alert for the people of an audience, and end mutes whose time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import Mute
from streams.audit.services import record
from streams.base.clock import now

if TYPE_CHECKING:
    from datetime import datetime

    from streams.tenancy.models import User

Audience = Notice.Audience


class MuteFor(models.TextChoices):
    """How long an alert is muted."""

    HOUR = "hour", _("1 hour")
    DAY = "day", _("1 day")
    END = "end", _("Until it closes")


DURATIONS = {MuteFor.HOUR: timedelta(hours=1), MuteFor.DAY: timedelta(days=1)}
ACTIONS = {
    MuteFor.HOUR: "alert.muted_for_hour",
    MuteFor.DAY: "alert.muted_for_day",
    MuteFor.END: "alert.muted",
}
AT_ONCE = 500  # alerts in one transaction


@transaction.atomic
def mute(*, alert: Alert, audience: Audience, how_long: MuteFor, actor: User) -> bool:
    """Send no notices about an open alert to an audience, except when it has recovered.

    Replaces an earlier mute. Returns False if the alert is over.
    """
    is_open = Alert.objects.open().select_for_update(no_key=True).filter(pk=alert.pk)
    if not is_open.exists():
        return False
    at, duration = now(), DURATIONS.get(how_long)
    until = at + duration if duration else None
    fields = {"muted_by": actor, "muted_at": at, "until": until}
    Mute.objects.update_or_create(alert=alert, audience=audience, defaults=fields)
    _record(ACTIONS[how_long], alert, actor)
    return True


@transaction.atomic
def unmute(*, alert: Alert, audience: Audience, actor: User) -> bool:
    """End the mute of an alert. Returns False if it isn't muted for this audience."""
    found, _ = Mute.objects.filter(alert=alert, audience=audience).delete()
    if found:
        _record("alert.unmuted", alert, actor)
    return bool(found)


@transaction.atomic
def end_mutes(at: datetime) -> list[tuple[int, str]]:
    """Delete the mutes that are over, and return their alerts and audiences.

    So a mute is in force while its row exists.
    """
    over = Mute.objects.filter(until__lte=at)
    # Alerts first, as `mute` locks them.
    muted = Alert.objects.filter(pk__in=over.values("alert")).order_by("pk")
    locked = muted.select_for_update(skip_locked=True, no_key=True)
    ids = list(locked.values_list("pk", flat=True)[:AT_ONCE])
    own = over.filter(alert__in=ids)
    ended = list(own.values_list("alert", "audience"))
    own.delete()
    return ended


def _record(action: str, alert: Alert, actor: User) -> None:
    record(
        action,
        actor=actor,
        workspace=alert.workspace,
        partner=alert.partner,
        stream=alert.stream.slug if alert.stream else "",
        alert=str(alert.get_condition_display()),
    )
