"""Conditions of the portal, for its operators.

They come from the figures of the admin's first page, which a task measures once a minute.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Sum

from streams.alerts.conditions.delivery import live
from streams.alerts.conditions.rule import Condition, Held, Recovery, Rule
from streams.alerts.models import Alert
from streams.connections.models import Connection
from streams.observability.work_figures.store import latest_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

NO_BEAT_AFTER = timedelta(minutes=3)  # beat has the figures measured once a minute
# From either of these numbers on, operators are notified: before, it is one customer's fault.
MANY_CONNECTIONS = 20
MANY_EVENTS = 100_000  # queued for them


def _failing_parts(_: datetime) -> Iterable[Held]:
    """Yield each part that wasn't ready at the latest measurement, even an old one."""
    latest = latest_figures()
    if latest is not None:
        at, figures = latest
        for part in figures.failing:
            yield Held(subject=f"portal:{part}", began=at, reason=part)


def _no_beat(now: datetime) -> Iterable[Held]:
    latest = latest_figures()
    if latest is not None and latest[0] < now - NO_BEAT_AFTER:
        yield Held(subject="portal:beat", began=latest[0])


def _many_stopped(now: datetime) -> Iterable[Held]:
    stopped = live().filter(connection__status=Connection.Status.ATTENTION)
    queued = Sum(F("feed__head_seq") - F("position"))
    totals = stopped.aggregate(connections=Count("pk"), queued=queued)
    connections, events = totals["connections"], totals["queued"] or 0
    if connections >= MANY_CONNECTIONS or events >= MANY_EVENTS:
        yield Held(
            subject="portal:connections",
            began=now,
            reason=f"{connections:,} connections need attention, {events:,} events are queued.",
            count=connections,
        )


def _reported(_: datetime) -> Iterable[Held]:
    """Yield the discrepancies of the last `reconcile`: the open alert is what stores them."""
    alerts = Alert.objects.open().filter(condition=Condition.RECONCILE)
    for subject, since in alerts.values_list("subject", "since"):
        yield Held(subject=subject, began=since)


def _rule(
    condition: Condition,
    holding: Callable[[datetime], Iterable[Held]],
    *,
    closes_after: timedelta,
) -> Rule:
    """Return a rule whose alerts only operators see."""
    return Rule(
        condition=condition,
        holding=holding,
        closes_after=closes_after,
        recovery=Recovery.ENDED,
        partner_from=None,
        for_operators=True,
    )


RULES = (
    _rule(Condition.NOT_READY, _failing_parts, closes_after=timedelta(minutes=2)),
    # A worker notices it, because beat starts all other evaluations (tasks.py).
    _rule(Condition.NO_BEAT, _no_beat, closes_after=timedelta(minutes=2)),
    _rule(Condition.MANY_STOPPED, _many_stopped, closes_after=timedelta(minutes=5)),
    _rule(Condition.RECONCILE, _reported, closes_after=timedelta(0)),
)
