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
from django.db.models import F, Q

from streams.alerts.conditions import RULES, delivering
from streams.alerts.models import Alert, Notice
from streams.alerts.recipients import recipients
from streams.alerts.roll_up import (
    TRIED_FOR,
    add_partner_notices,
    add_partner_recoveries,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.alerts.conditions import Rule
    from streams.delivery.models import Cursor

AT_ONCE = 1_000  # alerts in one transaction
MOST = 20_000  # alerts that one evaluation opens or closes of each rule
RECENT = timedelta(minutes=2)  # longer than two evaluations of everything are apart

OPENED, CLOSED = Notice.Transition

# A connection, its workspace, the reason, and the start of the condition.
type _Row = tuple[int, int, str, datetime]


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
        changes = _compared(rule, now)
        for some in batched(islice(changes.new, MOST), AT_ONCE):
            _open(rule, some, now)
        for calm in batched(changes.calm, AT_ONCE):
            Alert.objects.open().filter(pk__in=calm).update(calm_since=now)
        for back in batched(changes.back, AT_ONCE):
            Alert.objects.open().filter(pk__in=back).update(calm_since=None)
        for over in batched(islice(changes.over, MOST), AT_ONCE):
            _close(rule, over, now)


def open_at_once(now: datetime) -> None:
    """Open the alerts that must not wait for `evaluate`. Reads few rows, and closes none."""
    for rule in RULES:
        if not rule.opens_at_once:
            continue
        recent = rule.holding(now).filter(connection__status_at__gt=now - RECENT)
        holding = _holding(recent)
        alerts = Alert.objects.open().filter(condition=rule.condition)
        known = set(
            alerts.filter(connection__in=holding).values_list("connection", flat=True)
        )
        new = _new(rule, holding, known, now)
        for some in batched(islice(new, MOST), AT_ONCE):
            _open(rule, some, now)


def _compared(rule: Rule, now: datetime) -> _Changes:
    holding = _holding(rule.holding(now))
    alerts = Alert.objects.open().filter(condition=rule.condition).order_by("pk")
    changes, known = _Changes(), set()
    for pk, connection, calm_since in alerts.values_list(
        "pk", "connection", "calm_since"
    ):
        known.add(connection)
        if connection in holding:
            if calm_since is not None:
                changes.back.append(pk)
        elif calm_since is None:
            changes.calm.append(pk)
        elif calm_since <= now - rule.closes_after:
            changes.over.append(pk)
    changes.new = _new(rule, holding, known, now)
    return changes


def _holding(cursors: QuerySet[Cursor]) -> dict[int, _Row]:
    rows = cursors.values_list(
        "connection", "feed__workspace", "connection__status_reason", F("began")
    )
    return {row[0]: row for row in rows}


def _new(
    rule: Rule, holding: dict[int, _Row], known: set[int], now: datetime
) -> list[Alert]:
    return [
        Alert(
            condition=rule.condition,
            connection_id=connection,
            workspace_id=workspace,
            reason=reason,
            since=began,
            opened_at=now,
        )
        for connection, workspace, reason, began in holding.values()
        if connection not in known and rule.opens(began, now)
    ]


@transaction.atomic
def _open(rule: Rule, alerts: Sequence[Alert], now: datetime) -> None:
    # Another process may have opened some of them; its `opened_at` differs.
    Alert.objects.bulk_create(alerts, ignore_conflicts=True)
    stored = Alert.objects.open().filter(
        condition=rule.condition,
        connection__in=[alert.connection_id for alert in alerts],
        opened_at=now,
    )
    people = recipients({alert.workspace_id for alert in alerts})
    due = now + rule.notice_waits
    notices = [
        _notice(alert.pk, OPENED, user, due)
        for alert in stored
        for user in sorted(people[alert.workspace_id])
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    add_partner_notices(rule, stored, now)


@transaction.atomic
def _close(rule: Rule, ids: Sequence[int], now: datetime) -> None:
    """Close these alerts, unless attempts fail for another reason."""
    alerts = Alert.objects.open().filter(pk__in=ids)
    locked = alerts.select_for_update(no_key=True).order_by("pk")
    connections = dict(locked.values_list("pk", "connection"))
    own = delivering().filter(connection__in=list(connections.values()))
    fails = dict(own.values_list("connection", "failures"))
    ended = [pk for pk, connection in connections.items() if not fails.get(connection)]
    works = [pk for pk in ended if connections[pk] in fails]
    alerts.filter(pk__in=works).update(recovered=True)
    alerts.filter(pk__in=ended).update(closed_at=now)
    notices = Notice.objects.filter(
        alert__in=ended, transition=OPENED, audience=Notice.Audience.WORKSPACE
    )
    if rule.notice_waits:
        claimed = Q(claimed_until__gt=now)
        notices.unfinished().exclude(claimed).update(dropped_at=now)
    told = notices.filter(alert__in=works, dropped_at=None, given_up_at=None)
    Notice.objects.bulk_create(
        [
            _notice(alert, CLOSED, recipient, now)
            for alert, recipient in told.values_list("alert", "recipient")
        ],
        ignore_conflicts=True,
    )
    add_partner_recoveries(rule, Alert.objects.filter(pk__in=ended), now)


def _notice(alert_id: int, transition: str, user_id: int, due_at: datetime) -> Notice:
    return Notice(
        alert_id=alert_id,
        transition=transition,
        recipient_id=user_id,
        due_at=due_at,
        expires_at=due_at + TRIED_FOR,
    )
