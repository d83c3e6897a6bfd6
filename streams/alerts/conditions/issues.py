"""Feeds of whose events in an hour too many had issues with the severity *error*."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max

from streams.alerts.conditions.feeds import owners
from streams.alerts.conditions.rule import Condition, Held, Recovery, Rule
from streams.alerts.conditions.volume import events_between
from streams.observability.issues.models import IssueHour
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

HOUR = timedelta(hours=1)
SHARE = 0.05
LEAST = 10  # events with errors, because a few are not worth an alert


def _with_errors(now: datetime) -> Iterable[Held]:
    """Yield the feeds with too many errors in the last complete hour."""
    until = now.replace(minute=0, second=0, microsecond=0)
    since = until - HOUR
    # An event can break several rules: of each name, only the rule that most of them break
    # counts, so that no event counts twice.
    rows = (
        IssueHour.objects.filter(
            at=since, kind__severity=Severity.ERROR.value, kind__feed__isnull=False
        )
        .values_list("kind__feed", "kind__name")
        .annotate(most=Max("count"))
        .order_by()
    )
    errors: Counter[int] = Counter()
    for feed, _, most in rows:
        errors[feed] += most
    many = {feed: count for feed, count in errors.items() if count >= LEAST}
    # Refused events have no number, so they are not among the accepted ones.
    accepted = events_between(many.keys(), since, until)
    found = {
        feed for feed, count in many.items() if count > SHARE * (accepted[feed] + count)
    }
    for feed, workspace, stream, partner in owners(found):
        yield Held(
            subject=f"feed:{feed}",
            began=since,
            feed=feed,
            workspace=workspace,
            stream=stream,
            partner=partner,
            count=many[feed],
        )


RULES = (
    Rule(
        condition=Condition.ISSUES,
        holding=_with_errors,
        every_minutes=5,
        closes_after=HOUR,
        recovery=Recovery.NONE,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
)
