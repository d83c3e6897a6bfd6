"""Open and close alerts, with the notices about it in the same transaction.

Several processes may do this at once: a constraint and row locks leave one of each. Both
sides are read separately and compared here: in one statement, PostgreSQL would join them
by nested loops while its statistics don't know the new alerts yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched, islice
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from streams.alerts.conditions.all_rules import BY_CONDITION, RULES
from streams.alerts.conditions.delivery import delivering
from streams.alerts.conditions.rule import NEWS_FOR, Held, Recovery, part
from streams.alerts.models import Alert, Notice
from streams.alerts.operators import (
    write_opened_to_operators,
    write_recovered_to_operators,
)
from streams.alerts.people.outbox import write_opened, write_recovered
from streams.alerts.roll_up import add_partner_notices, add_partner_recoveries
from streams.alerts.webhooks import outbox as webhooks
from streams.catalog.models import Stream

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.alerts.conditions.rule import Rule
    from streams.alerts.queries import AlertQuerySet

AT_ONCE = 1_000  # alerts in one transaction
MOST = 20_000  # alerts that one evaluation opens or closes of each rule
RECENT = timedelta(minutes=2)  # longer than two evaluations of everything are apart


@dataclass(slots=True)
class _Changes:
    """The differences between the conditions and the open alerts of a rule."""

    new: list[Alert] = field(default_factory=list)
    calm: list[int] = field(default_factory=list)  # the condition has just ended
    back: list[int] = field(default_factory=list)  # it ended, and holds again
    over: list[int] = field(default_factory=list)  # it ended long enough ago


def evaluate(now: datetime) -> None:
    """Compare all conditions with the open alerts. `now` is the database's time."""
    for rule in RULES:
        if not rule.is_due(now):
            continue
        changes = _compared(rule, now)
        write = _record_news if rule.is_over_at_once else _open
        for some in batched(islice(changes.new, MOST), AT_ONCE):
            write(rule, some, now)
        for calm in batched(changes.calm, AT_ONCE):
            Alert.objects.open().filter(pk__in=calm).update(calm_since=now)
        for back in batched(changes.back, AT_ONCE):
            Alert.objects.open().filter(pk__in=back).update(calm_since=None)
        for over in batched(islice(changes.over, MOST), AT_ONCE):
            _close(rule, over, now)


def open_at_once(now: datetime) -> None:
    """Open the alerts that must not wait for `evaluate`. Reads few rows, and closes none."""
    for rule in RULES:
        if rule.recent is None:
            continue
        holding = {one.subject: one for one in rule.recent(now - RECENT)}
        alerts = Alert.objects.open().filter(condition=rule.condition)
        known = set(
            alerts.filter(subject__in=holding).values_list("subject", flat=True)
        )
        new = _new(rule, holding, known, now)
        for some in batched(islice(new, MOST), AT_ONCE):
            _open(rule, some, now)


def report_discrepancies(feeds: int, now: datetime) -> None:
    """Open, update or close the alert about feeds that `reconcile` found inconsistent."""
    rule = BY_CONDITION[Alert.Condition.RECONCILE]
    alerts = Alert.objects.open().filter(condition=rule.condition)
    found = list(alerts.values_list("pk", flat=True))
    if not feeds:
        _close(rule, found, now)
    elif found:
        alerts.update(count=feeds)
    else:
        held = Held(subject="portal:ledger", began=now, count=feeds)
        _open(rule, _new(rule, {held.subject: held}, set(), now), now)


def _compared(rule: Rule, now: datetime) -> _Changes:
    holding = {one.subject: one for one in rule.holding(now)}
    alerts = Alert.objects.open().filter(condition=rule.condition).order_by("pk")
    if rule.is_spread:
        alerts = alerts.filter(part("feed", rule.every_minutes, now))
    changes, known = _Changes(), set()
    for pk, subject, calm_since in alerts.values_list("pk", "subject", "calm_since"):
        known.add(subject)
        if subject in holding:
            if calm_since is not None:
                changes.back.append(pk)
        elif calm_since is None:
            changes.calm.append(pk)
        elif calm_since <= now - rule.closes_after:
            changes.over.append(pk)
    if rule.is_over_at_once:
        known |= _recorded(rule, holding.values(), now)
    changes.new = _new(rule, holding, known, now)
    return changes


def _held(alert: Alert) -> Held:
    return Held(subject=alert.subject, began=alert.since, partner=alert.partner_id)


def _new(
    rule: Rule, holding: dict[str, Held], known: set[str], now: datetime
) -> list[Alert]:
    return [
        Alert(
            condition=rule.condition,
            subject=one.subject,
            connection_id=one.connection,
            feed_id=one.feed,
            workspace_id=one.workspace,
            stream_id=one.stream,
            partner_id=one.partner,
            reason=one.reason,
            count=one.count,
            since=one.began,
            opened_at=now,
        )
        for one in holding.values()
        if one.subject not in known and rule.opens(one.began, now)
    ]


def _recorded(rule: Rule, found: Collection[Held], now: datetime) -> set[str]:
    """Return the subjects of news that have an alert, open or closed."""
    alerts = Alert.objects.filter(
        condition=rule.condition,
        subject__in=[one.subject for one in found],
        # By these two, an index finds them.
        partner__in={one.partner for one in found},
        opened_at__gt=now - 2 * NEWS_FOR,
    )
    return set(alerts.values_list("subject", flat=True))


@transaction.atomic
def _record_news(rule: Rule, alerts: Sequence[Alert], now: datetime) -> None:
    """Store news as alerts that are over already, with their notices."""
    # Locked, because the constraint leaves one open alert, but any number of closed ones.
    streams = Stream.objects.select_for_update(no_key=True).order_by("pk")
    ids = {alert.stream_id for alert in alerts if alert.stream_id is not None}
    list(streams.filter(pk__in=ids).values_list("pk"))
    known = _recorded(rule, [_held(alert) for alert in alerts], now)
    new = [alert for alert in alerts if alert.subject not in known]
    for alert in new:
        alert.calm_since = alert.closed_at = now
    Alert.objects.bulk_create(new)
    if rule.has_notices:
        stored = Alert.objects.filter(pk__in=[alert.pk for alert in new])
        _write_notices(rule, stored, now)
        webhooks.add_closed(rule.condition, stored, now, is_news=False)


@transaction.atomic
def _open(rule: Rule, alerts: Sequence[Alert], now: datetime) -> None:
    # Another process may have opened some of them; its `opened_at` differs.
    Alert.objects.bulk_create(alerts, ignore_conflicts=True)
    stored = Alert.objects.open().filter(
        condition=rule.condition,
        subject__in=[alert.subject for alert in alerts],
        opened_at=now,
    )
    _write_notices(rule, stored, now)
    if rule.for_operators:
        write_opened_to_operators(stored, rule.condition, now)


def _write_notices(rule: Rule, stored: AlertQuerySet, now: datetime) -> None:
    """Write the notices and the webhook messages about new alerts, in their transaction."""
    write_opened(stored, rule.condition, now + rule.notice_waits)
    add_partner_notices(rule, stored, now)
    webhooks.add_opened(
        rule.condition,
        stored,
        now,
        waits=rule.notice_waits,
        partner_waits=None if rule.partner_from is None else rule.partner_waits,
    )


@transaction.atomic
def _close(rule: Rule, ids: Sequence[int], now: datetime) -> None:
    """Close these alerts, unless attempts fail for another reason, and say so."""
    alerts = Alert.objects.open().filter(pk__in=ids)
    locked = alerts.select_for_update(no_key=True).order_by("pk")
    ended, works = _ended(rule, locked)
    alerts.filter(pk__in=works).update(recovered=True)
    alerts.filter(pk__in=ended).update(closed_at=now)
    notices = Notice.objects.filter(
        alert__in=ended,
        transition=Notice.Transition.OPENED,
        audience=Notice.Audience.WORKSPACE,
    )
    if rule.notice_waits:
        claimed = Q(claimed_until__gt=now)
        # A digest also has the alerts that are over, if they lasted.
        short = Q(digest_end=None) | Q(alert__opened_at__gt=now - rule.notice_waits)
        early = notices.unfinished().filter(short)
        early.exclude(claimed).update(dropped_at=now)
    write_recovered(notices.filter(alert__in=works), now)
    webhooks.drop_waiting(ended, now)
    webhooks.add_closed(
        rule.condition,
        Alert.objects.filter(pk__in=ended),
        now,
        is_news=rule.recovery != Recovery.NONE,
    )
    add_partner_recoveries(rule, Alert.objects.filter(pk__in=ended), now)
    if rule.for_operators:
        write_recovered_to_operators(works, now)


def _ended(rule: Rule, locked: QuerySet[Alert]) -> tuple[list[int], list[int]]:
    """Return the alerts that are over, and those of them that have recovered."""
    connections = dict(locked.values_list("pk", "connection"))
    if rule.recovery != Recovery.DELIVERED:
        ended = list(connections)
        return ended, ended if rule.recovery == Recovery.ENDED else []
    own = delivering().filter(connection__in=list(connections.values()))
    fails = dict(own.values_list("connection", "failures"))
    ended = [pk for pk, connection in connections.items() if not fails.get(connection)]
    return ended, [pk for pk in ended if connections[pk] in fails]
