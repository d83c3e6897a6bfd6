"""Reminders about alerts that stay open, until someone of their audience acknowledges them.

Each audience gets separate reminders.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.models import Alert, Notice
from streams.alerts.operators import operator_reminders
from streams.alerts.people.models import AudienceState, Mute, unacknowledged
from streams.alerts.people.muting import end_mutes
from streams.alerts.people.outbox import notice_to, write
from streams.alerts.people.recipients import partner, people_of, workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import datetime

    from streams.alerts.queries import AlertQuerySet

EVERY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AT_ONCE = 500  # alerts in one transaction
Condition, Audience = Alert.Condition, Notice.Audience
REMIND = Notice.Transition.REMIND
OF_PORTAL = [rule.condition for rule in BY_CONDITION.values() if rule.for_operators]
OF_PARTNERS = [rule.condition for rule in BY_CONDITION.values() if rule.partner_from]
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
    *OF_PORTAL,
)
type _Group = tuple[str, int]  # a condition and a stream


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
    ended = defaultdict(list)
    for alert, audience in end_mutes(now):
        ended[audience].append(alert)
    reminders: list[Notice] = []
    for audience, ids in ended.items():
        alerts = list(_waiting(audience).filter(pk__in=ids))
        reminders += _reminders(audience, alerts, now)
        _note_reminded(audience, {one.pk: now for one in alerts})
    write(_together(reminders, now))
    return bool(ended)


@transaction.atomic
def _write_some(now: datetime) -> bool:
    """Write reminders about the next alerts; return whether there were any."""
    reminders: list[Notice] = []
    found = False
    for audience in Audience:
        states = AudienceState.objects.filter(alert=OuterRef("pk"), audience=audience)
        last = Coalesce(Subquery(states.values("reminded_at")[:1]), "opened_at")
        old = _waiting(audience).filter(opened_at__lte=now - EVERY)
        due = old.annotate(last=last).filter(last__lte=now - EVERY).order_by("pk")
        locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        alerts: list[Alert] = [*locked[:AT_ONCE]]
        found = found or bool(alerts)
        notified = _notified(alerts, now) if audience == Audience.PARTNER else {}
        _note_reminded(audience, {one.pk: notified.get(one.pk, now) for one in alerts})
        unwanted = notified.keys() | _muted(audience, alerts)
        wanted = [one for one in alerts if one.pk not in unwanted]
        reminders += _reminders(audience, wanted, now)
    write(_together(reminders, now))
    return found


def _waiting(audience: str) -> AlertQuerySet:
    """Return the open alerts of an audience that none of its people takes care of."""
    alerts = Alert.objects.open().filter(condition__in=REMINDED)
    if audience == Audience.WORKSPACE:
        alerts = alerts.exclude(workspace=None)
    elif audience == Audience.PARTNER:
        alerts = alerts.filter(condition__in=OF_PARTNERS, stream__isnull=False)
    else:
        alerts = alerts.filter(condition__in=OF_PORTAL)
    return unacknowledged(alerts, audience)


def _note_reminded(audience: str, reminded: dict[int, datetime]) -> None:
    """Store when the last reminder about each alert was. The next is due EVERY after it."""
    AudienceState.objects.bulk_create(
        [
            AudienceState(alert_id=pk, audience=audience, reminded_at=at)
            for pk, at in reminded.items()
        ],
        update_conflicts=True,
        unique_fields=["alert", "audience"],
        update_fields=["reminded_at"],
    )


def _muted(audience: str, alerts: Iterable[Alert]) -> set[int]:
    own = Mute.objects.filter(audience=audience, alert__in=[one.pk for one in alerts])
    return set(own.values_list("alert", flat=True))


def _notified(alerts: Collection[Alert], now: datetime) -> dict[int, datetime]:
    """Return when the partner got another notice about alerts, if that is less than a day ago.

    A notice that is still to be sent counts. One that was dropped or that failed doesn't.
    """
    streams = {stream for _, stream in map(_group, alerts)}
    recent = Notice.objects.filter(
        audience=Audience.PARTNER,
        due_at__gt=now - EVERY,
        alert__stream__in=streams,
        dropped_at=None,
        given_up_at=None,
    )
    rows = recent.order_by().values_list("alert__condition", "alert__stream")
    last = {(kind, pk): at for kind, pk, at in rows.annotate(last=Max("due_at"))}
    return {one.pk: last[_group(one)] for one in alerts if _group(one) in last}


def _reminders(audience: str, alerts: list[Alert], now: datetime) -> list[Notice]:
    """Return the reminders about alerts to the people of an audience, to be written."""
    reminders = list(_WRITERS[audience](alerts, now))
    for one in reminders:
        one.number = (now - one.about.opened_at) // MINUTE
    return reminders


def _to_members(alerts: list[Alert], now: datetime) -> Iterator[Notice]:
    own = {one: workspace(one.workspace_id) for one in alerts if one.workspace_id}
    people = people_of(own.values())
    for alert, place in own.items():
        for route in people.routes(place, alert.condition):
            yield _reminder(notice_to(REMIND, alert.pk, place, route, now), alert)


def _to_partners(alerts: list[Alert], now: datetime) -> Iterator[Notice]:
    """Yield one reminder for each stream and condition, about all of its open alerts."""
    groups = {_group(one) for one in alerts}
    if not groups:
        return
    muted = Mute.objects.filter(alert=OuterRef("pk"), audience=Audience.PARTNER)
    open_ones = (
        _waiting(Audience.PARTNER)
        .of_customers()
        .filter(stream__in={stream for _, stream in groups})
        .exclude(Exists(muted))
        .order_by("-opened_at", "-pk")
    )
    # The oldest of each group: its notice is about all that opened later.
    first = {_group(one): one for one in open_ones.iterator()}
    people = people_of(
        partner(one.partner_id) for one in first.values() if one.partner_id
    )
    for group in sorted(groups & first.keys()):
        alert = first[group]
        place = partner(alert.partner_id or 0)
        for route in people.routes(place, alert.condition):
            yield _reminder(notice_to(REMIND, alert.pk, place, route, now), alert)


def _group(alert: Alert) -> _Group:
    return alert.condition, alert.stream_id or 0


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


_WRITERS: dict[str, Callable[[list[Alert], datetime], Iterable[Notice]]] = {
    Audience.WORKSPACE: _to_members,
    Audience.PARTNER: _to_partners,
    Audience.OPERATOR: operator_reminders,
}
