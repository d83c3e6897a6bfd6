"""Conditions of keys: requests with them are refused at ingest.

A run of a key is a series of its requests that were refused with one status, each at most
QUIET after the one before, in the current and the last hour. Accepted requests between them
don't end it: each refused one is a loss, unless its sender repeats it. A key has the
condition from the first request of a run until QUIET after the last one, if the run has at
least LEAST requests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models.functions import Coalesce
from django.utils.translation import gettext, override

from streams.alerts.conditions.rule import Condition, Held, Recovery, Rule
from streams.alerts.models import Alert
from streams.observability.issues.counter import hour_of
from streams.observability.requests.models import RefusedRequests
from streams.observability.requests.refusals import (
    QUIET,
    THROTTLED,
    TOO_LARGE,
    UNAUTHORIZED,
    names_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.observability.requests.refusals import KeyName

LEAST = 5  # requests, because a few are not worth an alert
HOUR = timedelta(hours=1)
_COLUMNS = (
    "stream", "stream__partner", Coalesce("run_at", "first_at"), "last_at",
    Coalesce("run_count", "count"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Run:
    """Refused requests with a key that are at most QUIET apart."""

    stream: int
    partner: int
    first_at: datetime
    last_at: datetime
    count: int


def _refused(now: datetime, condition: Condition, status: int) -> Iterable[Held]:
    runs = {
        subject: run
        for subject, run in _runs(now, status).items()
        if run.last_at > now - QUIET and run.count >= LEAST
    }
    # An open alert needs no name. If thousands of queues are full, that saves most of the time.
    alerts = Alert.objects.open().filter(condition=condition)
    known = set(alerts.values_list("subject", flat=True))
    with override("en"):
        names = names_of(runs.keys() - known)
    for subject, run in runs.items():
        if subject in known:
            yield Held(subject=subject, began=run.first_at)
        elif name := names.get(subject):
            yield _held(subject, run, status, name)


def _runs(now: datetime, status: int) -> dict[str, _Run]:
    """Return the latest run of each key: two hours have a row each, with its latest run."""
    rows = RefusedRequests.objects.filter(
        at__gte=hour_of(now) - HOUR, at__lte=now, status=status
    ).order_by("at", "subject")
    runs: dict[str, _Run] = {}
    for subject, *row in rows.values_list("subject", *_COLUMNS).iterator():
        run, before = _Run(*row), runs.get(subject)
        # Not if the run began later in its hour: then, the hour before ended earlier still.
        if before and run.first_at <= before.last_at + QUIET:
            total = before.count + run.count
            run = replace(run, first_at=before.first_at, count=total)
        runs[subject] = run
    return runs


def _held(subject: str, run: _Run, status: int, name: KeyName) -> Held:
    # A full queue concerns the workspace. Everything else is for its partner to fix.
    of_workspace = status == THROTTLED or name.is_test
    with override("en"):
        text = gettext("%(key)s: %(count)s requests refused with %(status)s.")
        if name.is_replaced:
            text = gettext(
                "%(key)s is still used: %(count)s requests refused with %(status)s."
            )
        reason = text % {"key": name.text, "count": f"{run.count:,}", "status": status}
    return Held(
        subject=subject,
        began=run.first_at,
        reason=reason[:300],
        feed=int(subject.partition(":")[2]) if name.workspace else None,
        workspace=name.workspace if of_workspace else None,
        stream=run.stream,
        partner=run.partner,
        count=run.count,
    )


def _rule(condition: Condition, status: int) -> Rule:
    return Rule(
        condition=condition,
        holding=lambda now: _refused(now, condition, status),
        opens_after=timedelta(minutes=5),
        closes_after=timedelta(minutes=5),
        recovery=Recovery.NONE,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    )


RULES = (
    _rule(Condition.KEY_REFUSED, UNAUTHORIZED),
    _rule(Condition.TOO_LARGE, TOO_LARGE),
    _rule(Condition.QUEUE_FULL, THROTTLED),
)
