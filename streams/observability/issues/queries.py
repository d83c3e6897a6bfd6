"""Recent issues of one feed, or of all feeds of a stream."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from streams.catalog.validation.faults import fault_of
from streams.observability.issues.counter import hour_of
from streams.observability.issues.expiry import WEEK
from streams.observability.issues.models import IssueHour, IssueKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)


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
    by_hour: Sequence[int]  # the last 24 hours, the current one last


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTrend:
    """The number of issues in the last 24 hours, and in the 24 hours before."""

    day: int
    before: int

    @property
    def empty(self) -> bool:
        return not (self.day or self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSpread:
    """In how many feeds of its stream an issue occurs; `only` is its kind in the only one."""

    feeds: int
    only: IssueKind | None


def issue_groups(scope: IssueScope, now: datetime) -> list[IssueGroup]:
    """Return all kinds of the last week, of which there are few, with two queries."""
    rows = list(_counted(scope.kinds, now).filter(week__gt=0))
    by_hour = _by_hour([kind.pk for kind in rows], now)
    return [
        IssueGroup(kind=kind, day=kind.day, week=kind.week, by_hour=by_hour[kind.pk])
        for kind in rows
    ]


def spread(kinds: Collection[IssueKind]) -> dict[int, IssueSpread]:
    """Return the spread of each of these kinds of streams, by ID, with two queries.

    A kind that no feed has is left out.
    """
    of_feeds = IssueKind.objects.filter(
        feed__stream__in={kind.stream_id for kind in kinds},
        rule__in={kind.rule for kind in kinds},
        name__in={kind.name for kind in kinds},
    )
    groups = of_feeds.values_list("feed__stream", "rule", "name").order_by()
    found = {
        (stream, rule, name): (feeds, first)
        for stream, rule, name, feeds, first in groups.annotate(Count("pk"), Min("pk"))
    }
    alone = [first for feeds, first in found.values() if feeds == 1]
    rows = IssueKind.objects.select_related("feed__workspace", "feed__stream").in_bulk(
        alone
    )
    return {
        kind.pk: IssueSpread(feeds=of_kind[0], only=rows.get(of_kind[1]))
        for kind in kinds
        if (of_kind := found.get((kind.stream_id, kind.rule, kind.name)))
    }


def affected_feeds(
    stream_id: int, rule: str, name: str, now: datetime, *, most: int
) -> list[IssueKind]:
    """Return this kind in up to `most` feeds of a stream, the latest first.

    Each has its feed's workspace, and its events as `day` and `week`.
    """
    latest = IssueKind.objects.filter(feed__stream=stream_id, rule=rule, name=name)
    ids = list(latest.order_by("-last_seen_at").values_list("pk", flat=True)[:most])
    kinds = _counted(IssueKind.objects.filter(pk__in=ids), now).filter(week__gt=0)
    return list(kinds.select_related("feed__workspace").order_by("-day", "-week", "pk"))


def trend(scope: IssueScope, now: datetime) -> IssueTrend:
    """Return the trend of a scope, in one query: an event counts once for each fault."""
    day = day_start(now)
    hours = scope.hours.filter(at__gte=day - DAY)
    kinds = hours.values_list("kind__rule", "kind__name", "kind__path").order_by()
    counted = kinds.annotate(
        day=Sum("count", filter=Q(at__gte=day), default=0),
        before=Sum("count", filter=Q(at__lt=day), default=0),
    )
    days: dict[tuple[str, str, str], int] = defaultdict(int)
    days_before: dict[tuple[str, str, str], int] = defaultdict(int)
    for rule, name, path, of_day, before in counted:
        fault = fault_of(rule, name, path)
        days[fault] = max(days[fault], of_day)
        days_before[fault] = max(days_before[fault], before)
    return IssueTrend(day=sum(days.values()), before=sum(days_before.values()))


def day_counts(feed_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Return the issues of the last 24 hours by feed that has some, in one query.

    An event counts once for each fault, as in `trend`.
    """
    hours = IssueHour.objects.filter(kind__feed__in=feed_ids, at__gte=day_start(now))
    kinds = hours.values_list("kind__feed", "kind__rule", "kind__name", "kind__path")
    by_fault: dict[int, dict[tuple[str, str, str], int]] = defaultdict(dict)
    for feed, rule, name, path, count in kinds.order_by().annotate(Sum("count")):
        fault, counts = fault_of(rule, name, path), by_fault[feed]
        counts[fault] = max(counts.get(fault, 0), count)
    return {feed: sum(counts.values()) for feed, counts in by_fault.items()}


def trends(kind_ids: Sequence[int], now: datetime) -> dict[int, IssueTrend]:
    """Return the trend of each of these kinds, in one query."""
    day = day_start(now)
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


def _counted(kinds: QuerySet[IssueKind], now: datetime) -> QuerySet[Any]:
    return kinds.annotate(
        week=Sum(
            "hours__count", filter=Q(hours__at__gt=hour_of(now) - WEEK), default=0
        ),
        day=Sum("hours__count", filter=Q(hours__at__gte=day_start(now)), default=0),
    )


def day_start(now: datetime) -> datetime:
    """Return the start of the last 24 hours, including the current hour."""
    return hour_of(now) - DAY + HOUR


def _by_hour(kind_ids: Sequence[int], now: datetime) -> dict[int, list[int]]:
    start = day_start(now)
    by_hour = {pk: [0] * (DAY // HOUR) for pk in kind_ids}
    hours = IssueHour.objects.filter(kind__in=kind_ids, at__gte=start, at__lte=now)
    for pk, at, count in hours.values_list("kind", "at", "count"):
        by_hour[pk][(at - start) // HOUR] = count
    return by_hour
