"""Reminders about alerts that stay open and that no one has acknowledged."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.models import Alert, Notice
from streams.alerts.operators import operator_reminders
from streams.alerts.people.models import Mute
from streams.alerts.people.muting import end_mutes
from streams.alerts.people.outbox import notice_to, write
from streams.alerts.people.recipients import partner, people_of, workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from streams.alerts.conditions.rule import Rule
    from streams.alerts.queries import AlertQuerySet

EVERY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AT_ONCE = 500  # alerts in one transaction
Condition, Audience = Alert.Condition, Notice.Audience
REMIND = Notice.Transition.REMIND
# Something that happened needs no reminder.
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
    Condition.HALTED,
    *(rule.condition for rule in BY_CONDITION.values() if rule.for_operators),
)
type _Wanted = set[tuple[int, str]]  # alerts and audiences


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
    """End the next mutes, with their reminders; return whether there were any."""
    ended = end_mutes(now)
    _remind(list(_waiting().filter(pk__in={pk for pk, _ in ended})), set(ended), now)
    return bool(ended)


@transaction.atomic
def _write_some(now: datetime) -> bool:
    """Write reminders about the next alerts; return whether there were any."""
    last = _waiting().annotate(last=Coalesce("reminded_at", "opened_at"))
    due = last.filter(last__lte=now - EVERY).order_by("pk")
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    alerts = list(locked[:AT_ONCE])
    ids = [one.pk for one in alerts]
    Alert.objects.filter(pk__in=ids).update(reminded_at=now)
    muted = set(Mute.objects.filter(alert__in=ids).values_list("alert", "audience"))
    wanted = {(pk, str(audience)) for pk in ids for audience in Audience}
    _remind(alerts, wanted - muted, now)
    return bool(alerts)


def _waiting() -> AlertQuerySet:
    """Return the open alerts that no one takes care of."""
    return Alert.objects.open().filter(acknowledged_at=None, condition__in=REMINDED)


def _remind(alerts: Sequence[Alert], wanted: _Wanted, now: datetime) -> None:
    """Write the reminders about alerts to the audiences that want them."""
    members, team, operators = (
        [one for one in alerts if (one.pk, str(audience)) in wanted]
        for audience in (Audience.WORKSPACE, Audience.PARTNER, Audience.OPERATOR)
    )
    of_portal = [one for one in operators if _rule(one).for_operators]
    reminders = [
        *_to_members(members, now),
        *_to_partners(team, now),
        *operator_reminders(of_portal, now),
    ]
    for one in reminders:
        one.number = (now - one.about.opened_at) // MINUTE
    write(_together(reminders, now))


def _to_members(alerts: list[Alert], now: datetime) -> Iterator[Notice]:
    own = {one: workspace(one.workspace_id) for one in alerts if one.workspace_id}
    people = people_of(own.values())
    for alert, place in own.items():
        for route in people.routes(place, alert.condition):
            yield _reminder(notice_to(REMIND, alert.pk, place, route, now), alert)


def _to_partners(alerts: list[Alert], now: datetime) -> Iterator[Notice]:
    """Yield one reminder for each stream and condition, about all of its open alerts.

    None follows another notice about them within EVERY, unless that one wasn't sent.
    """
    groups = {
        (one.condition, one.stream_id)
        for one in alerts
        if one.stream_id and _rule(one).partner_from
    }
    if not groups:
        return
    streams = {stream for _, stream in groups}
    recent = Notice.objects.filter(
        audience=Audience.PARTNER,
        due_at__gt=now - EVERY,
        alert__stream__in=streams,
        dropped_at=None,
        given_up_at=None,
    )
    groups -= set(recent.values_list("alert__condition", "alert__stream"))
    muted = Mute.objects.filter(alert=OuterRef("pk"), audience=Audience.PARTNER)
    open_ones = (
        _waiting()
        .of_customers()
        .filter(stream__in=streams)
        .exclude(Exists(muted))
        .order_by("-opened_at", "-pk")
    )
    # The oldest of each group: its notice is about all that opened later.
    first = {(one.condition, one.stream_id): one for one in open_ones.iterator()}
    people = people_of(
        partner(one.partner_id) for one in first.values() if one.partner_id
    )
    for group in sorted(groups & first.keys()):
        alert = first[group]
        place = partner(alert.partner_id or 0)
        for route in people.routes(place, alert.condition):
            yield _reminder(notice_to(REMIND, alert.pk, place, route, now), alert)


def _rule(alert: Alert) -> Rule:
    return BY_CONDITION[Condition(alert.condition)]


def _reminder(notice: Notice, alert: Alert) -> Notice:
    notice.alert = alert
    return notice


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
