"""What was found lately, of one feed or of all feeds of a stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Min, Q, Sum

from streams.observability.findings.counting import hour_of
from streams.observability.findings.forgetting import WEEK
from streams.observability.findings.models import FindingHour, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
MOST = 100  # kinds that are shown at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose findings are meant: a feed's, or those of all feeds of a stream."""

    feed_id: int | None = None
    stream_id: int | None = None

    @property
    def hours(self) -> Q:
        """For FindingHour."""
        if self.feed_id is not None:
            return Q(kind__feed=self.feed_id)
        return Q(kind__feed__stream=self.stream_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A rule that events of one name broke within a week."""

    rule: str  # empty: what is over the bound of a feed
    name: str
    severity: str
    day: int  # events in the last 24 hours
    week: int
    first_at: datetime
    last_at: datetime
    feeds: int
    by_hour: Sequence[int]  # of the last 24 hours, the current one last
    newest: FindingKind  # what one of them was like


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Findings in the last 24 hours, and in the 24 hours before."""

    day: int
    before: int

    @property
    def empty(self) -> bool:
        return not (self.day or self.before)


def found(
    scope: Scope, now: datetime, *, severity: str = ""
) -> tuple[list[Found], int]:
    """The kinds with the most events lately, at most MOST, and how many more there are;
    four queries."""
    day = _day(now)
    hours = FindingHour.objects.filter(scope.hours, at__gt=hour_of(now) - WEEK)
    if severity:
        hours = hours.filter(kind__severity=severity)
    groups = hours.values("kind__rule", "kind__name", "kind__severity")
    counted = groups.annotate(
        week=Sum("count"),
        day=Sum("count", filter=Q(at__gte=day), default=0),
        first_at=Min("kind__first_seen_at"),
        last_at=Max("kind__last_seen_at"),
        feeds=Count("kind__feed", distinct=True),
        newest=Max("kind"),
    )
    rows = list(counted.order_by("-day", "-week", "kind__rule", "kind__name")[:MOST])
    more = counted.count() - MOST if len(rows) == MOST else 0
    newest = FindingKind.objects.in_bulk([row["newest"] for row in rows])
    bars = _by_hour(scope, now, {kind.rule for kind in newest.values()})
    # A kind may be forgotten between two of these queries.
    there = [row for row in rows if row["newest"] in newest]
    return [_found(row, newest, bars) for row in there], more


def counts(scope: Scope, now: datetime) -> dict[str, int]:
    """Findings of the last week by severity, but those over the bound of a feed."""
    hours = FindingHour.objects.filter(scope.hours, at__gt=hour_of(now) - WEEK)
    hours = hours.exclude(kind__rule="")
    groups = hours.values_list("kind__severity").order_by()
    return dict(groups.annotate(count=Sum("count")))


def trend(scope: Scope, now: datetime) -> Trend:
    """In one query."""
    day = _day(now)
    hours = FindingHour.objects.filter(scope.hours, at__gte=day - DAY)
    counted = hours.aggregate(
        day=Sum("count", filter=Q(at__gte=day), default=0),
        before=Sum("count", filter=Q(at__lt=day), default=0),
    )
    return Trend(**counted)


def trends(kind_ids: Sequence[int], now: datetime) -> dict[int, Trend]:
    """Of each of these kinds, in one query."""
    day = _day(now)
    hours = FindingHour.objects.filter(kind__in=kind_ids, at__gte=day - DAY)
    groups = hours.values_list("kind").order_by()
    counted = groups.annotate(
        day=Sum("count", filter=Q(at__gte=day), default=0),
        before=Sum("count", filter=Q(at__lt=day), default=0),
    )
    found = {pk: Trend(day=of_day, before=before) for pk, of_day, before in counted}
    return {pk: found.get(pk, Trend(day=0, before=0)) for pk in kind_ids}


def _day(now: datetime) -> datetime:
    """The start of the last 24 hours, the current one among them."""
    return hour_of(now) - DAY + HOUR


def _by_hour(
    scope: Scope, now: datetime, rules: set[str]
) -> dict[tuple[str, str], list[int]]:
    start = _day(now)
    hours = FindingHour.objects.filter(
        scope.hours, kind__rule__in=rules, at__gte=start, at__lte=now
    )
    groups = hours.values_list("kind__rule", "kind__name", "at").order_by()
    by_hour: dict[tuple[str, str], list[int]] = {}
    for rule, name, at, count in groups.annotate(sum=Sum("count")):
        bars = by_hour.setdefault((rule, name), [0] * (DAY // HOUR))
        bars[(at - start) // HOUR] = count
    return by_hour


def _found(
    row: Mapping[str, Any],
    newest: dict[int, FindingKind],
    bars: dict[tuple[str, str], list[int]],
) -> Found:
    kind = newest[row["newest"]]
    return Found(
        rule=kind.rule,
        name=kind.name,
        severity=kind.severity,
        day=row["day"],
        week=row["week"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        feeds=row["feeds"],
        by_hour=bars.get((kind.rule, kind.name), [0] * (DAY // HOUR)),
        newest=kind,
    )
