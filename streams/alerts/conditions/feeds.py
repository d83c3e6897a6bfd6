"""Conditions of feeds: queued events that expire soon, and events in quarantine."""

from __future__ import annotations

from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q, Subquery

from streams.alerts.conditions.rule import Condition, Held, Recovery, Rule
from streams.delivery.retention.expiry import expiring_of_all
from streams.events.models import Feed, QuarantinedEvent
from streams.spec.identity_rules import UNRESOLVED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

DAY = timedelta(days=1)
AT_ONCE = 1_000  # feeds in one query
OWNERS = ("pk", "workspace", "stream", "stream__partner")


def owners(feed_ids: Collection[int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield each feed's ID with its workspace, its stream and its partner."""
    for some in batched(feed_ids, AT_ONCE):
        yield from Feed.objects.filter(pk__in=some).values_list(*OWNERS)


def _expiring(now: datetime, *, within_a_day: bool) -> Iterable[Held]:
    """Yield the feeds whose queued events expire: within a day, or within a week but later."""
    soon = {
        one.feed_id: one
        for one in expiring_of_all(now)
        if (one.first_at <= now + DAY) == within_a_day
    }
    for feed, workspace, stream, partner in owners(soon.keys()):
        yield Held(
            subject=f"feed:{feed}",
            began=soon[feed].since,
            feed=feed,
            workspace=workspace,
            stream=stream,
            partner=partner,
            count=soon[feed].events,
        )


def _quarantine(now: datetime) -> Iterable[Held]:
    """Yield the feeds with events that someone must decide about.

    Events that wait for a userId count after a day, since most are released before.
    """
    events = QuarantinedEvent.objects.filter(feed=OuterRef("pk"))
    # Two ranges of the index by rule: an inequality would read every waiting event.
    broke_a_rule = Exists(events.filter(rule__lt=UNRESOLVED.id)) | Exists(
        events.filter(rule__gt=UNRESOLVED.id)
    )
    held = Feed.objects.filter(quarantined__gt=0).annotate(
        began=Subquery(events.order_by("pk").values("received_at")[:1])
    )
    late = held.filter(Q(began__lte=now - DAY) | broke_a_rule)
    rows = late.exclude(began=None).values_list(*OWNERS, "began", F("quarantined"))
    for feed, workspace, stream, partner, began, events in rows.iterator():
        yield Held(
            subject=f"feed:{feed}",
            began=began,
            feed=feed,
            workspace=workspace,
            stream=stream,
            partner=partner,
            count=events,
        )


RULES = (
    # An alert of the week becomes one of the last day, so each closes without a notice.
    Rule(
        condition=Condition.EXPIRING_WEEK,
        holding=lambda now: _expiring(now, within_a_day=False),
        every_minutes=15,
        closes_after=timedelta(minutes=15),
        recovery=Recovery.NONE,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
    Rule(
        condition=Condition.EXPIRING_DAY,
        holding=lambda now: _expiring(now, within_a_day=True),
        every_minutes=15,
        closes_after=timedelta(minutes=15),
        recovery=Recovery.NONE,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
    Rule(
        condition=Condition.QUARANTINE,
        holding=_quarantine,
        closes_after=timedelta(minutes=5),
        recovery=Recovery.NONE,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
)
