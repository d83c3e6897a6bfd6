"""Feeds that receive no events, or many more than in the same hour of the week before.

Checkpoints have the number of the last event at the start of each quarter of an hour, so no
event is read or counted.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from streams.alerts.conditions.feeds import AT_ONCE, OWNERS, owners
from streams.alerts.conditions.rule import Condition, Held, Recovery, Rule, part
from streams.alerts.models import Alert
from streams.events.models import Feed, FeedMark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=7)
SEARCHED_EVERY = timedelta(minutes=30)
USUAL = 100  # events in an hour; with fewer, pauses and peaks are normal
FACTOR = 10
STOPPED_PARTS, JUMPED_PARTS = 5, 15  # minutes until all feeds were compared


def events_between(
    feed_ids: Collection[int], since: datetime, until: datetime
) -> Mapping[int, int]:
    """Return how many events each feed received between two quarters of an hour."""
    counts = {}
    for some in batched(feed_ids, AT_ONCE):
        feeds = Feed.objects.filter(pk__in=some)
        ends = feeds.annotate(low=_head_at(since), high=_head_at(until))
        for pk, low, high in ends.values_list("pk", "low", "high"):
            counts[pk] = high - low
    return counts


def _head_at(moment: datetime) -> Coalesce:
    """Return the number of a feed's last event at the start of a quarter.

    The first checkpoint since then has it. Without one, no event was received since.
    """
    marks = FeedMark.objects.filter(feed_id=OuterRef("pk"), at__gte=moment)
    return Coalesce(Subquery(marks.order_by("at").values("seq")[:1]), F("head_seq"))


def _hour(now: datetime) -> tuple[datetime, datetime]:
    """Return the last complete hour."""
    until = now.replace(minute=0, second=0, microsecond=0)
    return until - HOUR, until


def _stopped(now: datetime) -> Iterable[Held]:
    """Yield the feeds without events in an hour that had many a week before.

    They stay stopped until an event arrives, whatever is usual in the next hours, or for a week.
    """
    since, until = _hour(now)
    usual: dict[int, int] = {}
    # Within an hour, no more feeds become silent for the whole hour before it. So they are
    # searched once, and a second time in case beat wasn't running.
    if (now - until) % SEARCHED_EVERY < STOPPED_PARTS * MINUTE:
        usual = _silent(now, since, until)
    stopped = set(usual)
    known = Alert.objects.open().filter(
        part("feed", STOPPED_PARTS, now), condition=Condition.VOLUME_STOPPED
    )
    still = Q(alert_since__gte=F("head_at"), alert_since__gt=now - WEEK)
    of_alert = known.filter(feed=OuterRef("pk")).values("since")[:1]
    kept = Feed.objects.filter(pk__in=known.values("feed")).annotate(
        alert_since=Subquery(of_alert)
    )
    stopped.update(kept.filter(still).values_list("pk", flat=True))
    feeds = Feed.objects.filter(pk__in=stopped).values_list(*OWNERS, "head_at")
    for feed, workspace, stream, partner, head_at in feeds:
        yield Held(
            subject=f"feed:{feed}",
            began=head_at,
            feed=feed,
            workspace=workspace,
            stream=stream,
            partner=partner,
            count=usual.get(feed),
        )


def _silent(now: datetime, since: datetime, until: datetime) -> dict[int, int]:
    """Return feeds without events since `since` that had many in the same hour a week before.

    The values are the numbers of those events. Only the feeds whose turn is this minute.
    """
    silent = Feed.objects.filter(
        part("pk", STOPPED_PARTS, now), head_at__lt=since, head_at__gte=since - WEEK
    )
    before = _head_at(until - WEEK) - _head_at(since - WEEK)
    many = silent.annotate(before=before).filter(before__gte=USUAL)
    return dict(many.values_list("pk", "before"))


def _jumped(now: datetime) -> Iterable[Held]:
    """Yield the feeds with FACTOR times the events of the same hour a week before."""
    since, until = _hour(now)
    active = Feed.objects.filter(part("pk", JUMPED_PARTS, now), head_at__gte=since)
    # Including those after the hour, so that most feeds need one lookup.
    at_most = active.annotate(at_most=F("head_seq") - _head_at(since))
    busy = list(
        at_most.filter(at_most__gte=FACTOR * USUAL).values_list("pk", flat=True)
    )
    volumes = events_between(busy, since, until)
    many = {pk: count for pk, count in volumes.items() if count >= FACTOR * USUAL}
    before = events_between(many.keys(), since - WEEK, until - WEEK)
    found = {
        pk: volume
        for pk, volume in many.items()
        if before[pk] >= USUAL and volume >= FACTOR * before[pk]
    }
    for feed, workspace, stream, partner in owners(found.keys()):
        yield Held(
            subject=f"feed:{feed}",
            began=since,
            feed=feed,
            workspace=workspace,
            stream=stream,
            partner=partner,
            count=found[feed],
        )


RULES = (
    Rule(
        condition=Condition.VOLUME_STOPPED,
        holding=_stopped,
        every_minutes=STOPPED_PARTS,
        is_spread=True,
        closes_after=timedelta(minutes=5),
        recovery=Recovery.ENDED,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
    Rule(
        condition=Condition.VOLUME_JUMPED,
        holding=_jumped,
        every_minutes=JUMPED_PARTS,
        is_spread=True,
        closes_after=HOUR,
        recovery=Recovery.NONE,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
)
