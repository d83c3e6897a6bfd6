"""Reminders about alerts of workspaces that stay open and that no one has acknowledged."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import Mute
from streams.alerts.people.muting import end_mutes
from streams.alerts.people.outbox import notice_to, write
from streams.alerts.people.recipients import people_of, workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

EVERY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AT_ONCE = 500  # alerts in one transaction
Condition = Alert.Condition
# Something that happened needs no reminder, and operators have their own page.
REMINDED = (
    Condition.ATTENTION,
    Condition.RETRYING,
    Condition.LATE,
    Condition.KEY_UNKNOWN,
    Condition.EXPIRING_WEEK,
    Condition.EXPIRING_DAY,
    Condition.QUARANTINE,
    Condition.ISSUES,
    Condition.VOLUME_STOPPED,
)


def write_reminders(now: datetime, stop: Callable[[], bool]) -> None:
    """Write the reminders that are due. `now` is the database's time.

    An alert whose mute is over, and that is still open, has one at once.
    """
    while not stop() and _end_mutes(now):
        pass
    while not stop() and _write_some(now):
        pass


@transaction.atomic
def _end_mutes(now: datetime) -> bool:
    """End the next mutes; return whether there were any."""
    ids = end_mutes(now)
    Alert.objects.filter(pk__in=ids).update(reminded_at=now - EVERY)
    return bool(ids)


@transaction.atomic
def _write_some(now: datetime) -> bool:
    """Write reminders about the next alerts; return whether there were any."""
    waiting = Alert.objects.open().filter(acknowledged_at=None, condition__in=REMINDED)
    last = waiting.annotate(last=Coalesce("reminded_at", "opened_at"))
    muted = Mute.objects.filter(
        alert=OuterRef("pk"), audience=Notice.Audience.WORKSPACE
    )
    heard = last.exclude(Exists(muted)).exclude(workspace=None)
    due = heard.filter(last__lte=now - EVERY).order_by("pk")
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    alerts = list(locked[:AT_ONCE])
    Alert.objects.filter(pk__in=[one.pk for one in alerts]).update(reminded_at=now)
    people = people_of(workspace(one.workspace_id or 0) for one in alerts)
    reminders = []
    for alert in alerts:
        place = workspace(alert.workspace_id or 0)
        for route in people.routes(place, alert.condition):
            reminder = notice_to(Notice.Transition.REMIND, alert.pk, place, route, now)
            reminder.number = (now - alert.opened_at) // MINUTE
            reminders.append(reminder)
    write(_together(reminders, now))
    return bool(alerts)


def _together(reminders: list[Notice], now: datetime) -> list[Notice]:
    """Make several reminders to a person at the same time one email."""
    emails = [
        one
        for one in reminders
        if one.channel == Notice.Channel.EMAIL and one.digest_end is None
    ]
    counts = Counter(one.recipient_id for one in emails)
    for one in emails:
        if counts[one.recipient_id] > 1:
            one.digest_end = now
    return reminders
