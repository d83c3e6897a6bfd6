"""Recent issues of one feed, or of all feeds of a stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet, Sum

from streams.observability.issues.counter import hour_of
from streams.observability.issues.expiry import WEEK
from streams.observability.issues.models import IssueHour, IssueKind

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
MOST = 100  # kinds per page


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueScope:
    """Selects the issues of a feed, or of all feeds of a stream."""

    feed_id: int | None = None
    stream_id: int | None = None

    @property
    def kinds(self) -> QuerySet[IssueKind]:
        if self.feed_id is not None:
            return IssueKind.objects.filter(feed=self.feed_id)
        return IssueKind.objects.filter(stream=self.stream_id)

    @property
    def hours(self) -> QuerySet[IssueHour]:
        if self.feed_id is not None:
            return IssueHour.objects.filter(kind__feed=self.feed_id)
        return IssueHour.objects.filter(kind__stream=self.stream_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueGroup:
    """A rule that events of one name broke within a week."""

    kind: IssueKind
    day: int  # events in the last 24 hours
    week: int
    feeds: int  # number of feeds with this issue; 1 in the scope of a feed
    by_hour: Sequence[int]  # the last 24 hours, the current one last


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTrend:
    """The number of issues in the last 24 hours, and in the 24 hours before."""

    day: int
    before: int

    @property
    def empty(self) -> bool:
        return not (self.day or self.before)


def issue_groups(
    scope: IssueScope, now: datetime, *, severity: str = ""
) -> tuple[list[IssueGroup], int]:
    """Return the kinds with the most recent events, up to MOST, and the number of others.

    Takes four queries.
    """
    kinds = scope.kinds.filter(severity=severity) if severity else scope.kinds
    counted = kinds.annotate(
        week=Sum("hours__count", filter=Q(hours__at__gt=hour_of(now) - WEEK)),
        day=Sum("hours__count", filter=Q(hours__at__gte=_day(now)), default=0),
    ).filter(week__gt=0)
    rows = list(counted.order_by("-day", "-week", "rule", "name")[:MOST])
    more = counted.count() - MOST if len(rows) == MOST else 0
    by_hour = _by_hour([kind.pk for kind in rows], now)
    feeds = _feeds(scope, rows)
    return [
        IssueGroup(
            kind=kind,
            day=kind.day,
            week=kind.week,
            feeds=feeds.get((kind.rule, kind.name), 1),
            by_hour=by_hour[kind.pk],
        )
        for kind in rows
    ], more


def counts(scope: IssueScope, now: datetime) -> dict[str, int]:
    """Count the issues of the last week by severity, without those beyond the limit."""
    hours = scope.hours.filter(at__gt=hour_of(now) - WEEK).exclude(kind__rule="")
    groups = hours.values_list("kind__severity").order_by()
    return dict(groups.annotate(count=Sum("count")))


def trend(scope: IssueScope, now: datetime) -> IssueTrend:
    """Return the trend of a scope, in one query."""
    day = _day(now)
    hours = scope.hours.filter(at__gte=day - DAY)
    counted = hours.aggregate(
        day=Sum("count", filter=Q(at__gte=day), default=0),
        before=Sum("count", filter=Q(at__lt=day), default=0),
    )
    return IssueTrend(**counted)


def trends(kind_ids: Sequence[int], now: datetime) -> dict[int, IssueTrend]:
    """Return the trend of each of these kinds, in one query."""
    day = _day(now)
    hours = IssueHour.objects.filter(kind__in=kind_ids, at__gte=day - DAY)
    groups = hours.values_list("kind").order_by()
    counted = groups.annotate(
        day=Sum("count", filter=Q(at__gte=day), default=0),
        before=Sum("count", filter=Q(at__lt=day), default=0),
    )
    found = {
        pk: IssueTrend(day=of_day, before=before) for pk, of_day, before in counted
    }
    return {pk: found.get(pk, IssueTrend(day=0, before=0)) for pk in kind_ids}


def _day(now: datetime) -> datetime:
    """Return the start of the last 24 hours, including the current hour."""
    return hour_of(now) - DAY + HOUR


def _by_hour(kind_ids: Sequence[int], now: datetime) -> dict[int, list[int]]:
    start = _day(now)
    by_hour = {pk: [0] * (DAY // HOUR) for pk in kind_ids}
    hours = IssueHour.objects.filter(kind__in=kind_ids, at__gte=start, at__lte=now)
    for pk, at, count in hours.values_list("kind", "at", "count"):
        by_hour[pk][(at - start) // HOUR] = count
    return by_hour


def _feeds(scope: IssueScope, kinds: Sequence[IssueKind]) -> dict[tuple[str, str], int]:
    """Count the feeds of a stream with each issue, by rule and name."""
    if scope.stream_id is None:
        return {}
    of_feeds = IssueKind.objects.filter(
        feed__stream=scope.stream_id,
        rule__in={kind.rule for kind in kinds},
        name__in={kind.name for kind in kinds},
    )
    groups = of_feeds.values_list("rule", "name").order_by()
    return {(rule, name): n for rule, name, n in groups.annotate(n=Count("pk"))}
