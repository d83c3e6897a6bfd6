"""Open and close alerts, with the notices about it in the same transaction.

Several processes may do this at once: a constraint and row locks leave one of each.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from streams.alerts.conditions import RULES, delivering
from streams.alerts.models import Alert, Notice
from streams.alerts.recipients import recipients

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.alerts.conditions import Rule

AT_ONCE = 1_000  # alerts in one transaction
BATCHES = 20  # of each rule; the next evaluation continues
TRIED_FOR = timedelta(days=1)  # a notice that can't be sent

OPENED, CLOSED = Notice.Transition


def evaluate(now: datetime) -> None:
    """Compare all conditions with the open alerts. `now` is the database's time."""
    for rule in RULES:
        _in_batches(_open, rule, now)
        _mark_calm(rule, now)
        _in_batches(_close, rule, now)


def _in_batches(
    work: Callable[[Rule, datetime], int], rule: Rule, now: datetime
) -> None:
    for _ in range(BATCHES):
        if work(rule, now) < AT_ONCE:
            return


def _open(rule: Rule, now: datetime) -> int:
    """Open alerts for the connections that need one; return for how many."""
    same = Alert.objects.open().filter(
        condition=rule.condition, connection=OuterRef("connection")
    )
    new = rule.opening(now).filter(~Exists(same))
    rows = new.values_list(
        "connection", "feed__workspace", "connection__status_reason", F("began")
    )
    alerts = [
        Alert(
            condition=rule.condition,
            connection_id=connection,
            workspace_id=workspace,
            reason=reason,
            since=began,
            opened_at=now,
        )
        for connection, workspace, reason, began in rows[:AT_ONCE]
    ]
    if alerts:
        _store(rule, alerts, now)
    return len(alerts)


@transaction.atomic
def _store(rule: Rule, alerts: Sequence[Alert], now: datetime) -> None:
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


def _mark_calm(rule: Rule, now: datetime) -> None:
    """Note since when the condition of an open alert does not hold."""
    alerts = Alert.objects.open().filter(condition=rule.condition)
    holds = Exists(rule.holding(now).filter(connection=OuterRef("connection")))
    alerts.filter(~holds, calm_since=None).update(calm_since=now)
    alerts.filter(holds).exclude(calm_since=None).update(calm_since=None)


def _close(rule: Rule, now: datetime) -> int:
    """Close alerts whose condition has ended; return how many.

    An alert stays open while attempts fail for another reason.
    """
    own = delivering().filter(connection=OuterRef("connection"))
    over = Alert.objects.open().filter(
        ~Exists(own.filter(failures__gt=0)),
        condition=rule.condition,
        calm_since__lte=now - rule.closes_after,
    )
    ids = list(over.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        with transaction.atomic():
            _end(over.filter(pk__in=ids), rule, now)
    return len(ids)


def _end(over: QuerySet[Alert], rule: Rule, now: datetime) -> None:
    works = Exists(delivering().filter(connection=OuterRef("connection")))
    locked = over.select_for_update(no_key=True).order_by("pk").annotate(works=works)
    found = dict(locked.values_list("pk", "works"))
    alerts = Alert.objects.filter(pk__in=found)
    alerts.update(closed_at=now)
    alerts.filter(pk__in=[pk for pk, works in found.items() if works]).update(
        recovered=True
    )
    notices = Notice.objects.filter(alert__in=list(found), transition=OPENED)
    if rule.notice_waits:
        claimed = Q(claimed_until__gt=now)
        notices.unfinished().exclude(claimed).update(dropped_at=now)
    told = notices.filter(alert__recovered=True, dropped_at=None, given_up_at=None)
    Notice.objects.bulk_create(
        [
            _notice(alert, CLOSED, recipient, now)
            for alert, recipient in told.values_list("alert", "recipient")
        ],
        ignore_conflicts=True,
    )


def _notice(alert_id: int, transition: str, user_id: int, due_at: datetime) -> Notice:
    return Notice(
        alert_id=alert_id,
        transition=transition,
        recipient_id=user_id,
        due_at=due_at,
        expires_at=due_at + TRIED_FOR,
    )
