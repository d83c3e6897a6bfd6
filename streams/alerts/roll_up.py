"""Notices to partners: one about all alerts of a stream that open around the same time.

A notice refers to the first of these alerts. Until it is sent, later alerts need no other
one, and the next is sent an hour later at the earliest. Alerts that continue a burst
need no other one either: thousands of connections don't fail in the same second.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, Max, OuterRef, Q

from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import Mute
from streams.alerts.people.outbox import notice_to, write
from streams.alerts.people.recipients import Route, partner, people_of
from streams.catalog.models import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from streams.alerts.conditions.rule import Rule
    from streams.alerts.people.notice import NoticeQuerySet
    from streams.alerts.queries import AlertQuerySet

AT_MOST_EVERY = timedelta(hours=1)
TOGETHER = timedelta(minutes=2)  # at most, between two alerts of a burst
_STREAM = "alert__stream"


def add_partner_notices(rule: Rule, opened: AlertQuerySet, now: datetime) -> None:
    """Write the notices to the partners of new alerts, in their transaction."""
    found = (
        opened.of_customers()
        .exclude(stream=None)
        .order_by("-pk")
        .values_list("stream", "pk")
    )
    first = dict(found)  # the lowest ID of each stream
    if rule.partner_from is None or not first:
        return
    # Locked, so that two processes don't both write one.
    locked = Stream.objects.select_for_update(no_key=True).filter(pk__in=first)
    partners = dict(locked.order_by("pk").values_list("pk", "partner"))
    write(_due_notices(rule, opened, first, partners, now))


def _due_notices(
    rule: Rule,
    opened: AlertQuerySet,
    first: dict[int, int],
    partners: dict[int, int],
    now: datetime,
) -> Iterator[Notice]:
    """Yield the notices about the first alert of each stream, for those who need one."""
    earlier = Notice.objects.filter(
        audience=Notice.Audience.PARTNER,
        alert__condition=rule.condition,
        **{f"{_STREAM}__in": list(first)},
    )
    # Of each person and channel: an email that waits keeps nothing out of an inbox.
    key = (_STREAM, "recipient", "channel")
    pending = set(earlier.unfinished().values_list(*key))
    recent = earlier.filter(sent_at__gt=now - AT_MOST_EVERY).order_by()
    sent_at = {
        tuple(row): last for *row, last in recent.values_list(*key, Max("sent_at"))
    }
    bursting = _bursting(rule, opened, [stream for stream, *_ in sent_at], now)
    people = people_of(partner(pk) for pk in partners.values())
    for stream, pk in partners.items():
        for route in people.routes(partner(pk), rule.condition):
            last = sent_at.get((stream, route.user, route.channel))
            is_pending = (stream, route.user, route.channel) in pending
            if is_pending or (last and stream in bursting):
                continue
            due = now + rule.partner_waits
            if last:
                due = max(due, last + AT_MOST_EVERY)
            yield notice_to(
                Notice.Transition.OPENED, first[stream], partner(pk), route, due
            )


def add_partner_recoveries(rule: Rule, closed: AlertQuerySet, now: datetime) -> None:
    """Tell partners that the last alert of a stream has closed, in its transaction.

    No one is notified if none of the alerts that a notice was about has recovered.
    """
    streams = closed.of_customers().exclude(stream=None).order_by()
    ids = set(streams.values_list("stream", flat=True))
    if rule.partner_from is None or not ids:
        return
    # Locked, so that of two processes that close the last two, one sees both as closed.
    locked = Stream.objects.select_for_update(no_key=True).filter(pk__in=ids)
    list(locked.order_by("pk").values_list("pk"))
    same = Alert.objects.of_customers().filter(condition=rule.condition)
    still = same.open().filter(stream__in=ids)
    over = ids - set(still.values_list("stream", flat=True))
    notices = Notice.objects.filter(
        audience=Notice.Audience.PARTNER, alert__condition=rule.condition
    )
    recovered = same.filter(
        recovered=True,
        opened_at__gte=OuterRef("alert__opened_at"),
        stream=OuterRef(_STREAM),
    )
    twin = notices.filter(
        transition=Notice.Transition.CLOSED,
        alert=OuterRef("alert"),
        recipient=OuterRef("recipient"),
        channel=OuterRef("channel"),
    )
    # One that is being sent at the moment may arrive.
    begun = Q(sent_at__isnull=False) | Q(claimed_until__gt=now)
    sent = notices.filter(
        begun, Exists(recovered), ~Exists(twin), transition=Notice.Transition.OPENED,
        **{f"{_STREAM}__in": over},
    )  # fmt: skip
    write(_recoveries(sent, now))


def _recoveries(sent: NoticeQuerySet, now: datetime) -> Iterator[Notice]:
    rows = sent.values_list(
        "alert", "alert__partner", "recipient", "channel", "cadence"
    )
    for alert, pk, user, channel, cadence in rows:
        if pk is not None:
            to = Route(user, channel, cadence)
            yield notice_to(Notice.Transition.CLOSED, alert, partner(pk), to, now)


def _bursting(
    rule: Rule, opened: AlertQuerySet, streams: list[int], now: datetime
) -> set[int]:
    """Return the streams of which another alert opened a moment ago.

    It may have opened in an earlier transaction of the same evaluation, at the same time.
    """
    before = Alert.objects.of_customers().filter(
        condition=rule.condition, opened_at__gte=now - TOGETHER, stream__in=streams
    )
    before = before.exclude(pk__in=opened.values("pk"))
    return set(before.order_by().values_list("stream", flat=True))


def covered(notice: Notice) -> AlertQuerySet:
    """Return the alerts that a partner's notice is about, the oldest first.

    A digest is about all since the first, also those that are over. Other notices are about
    those that are open now. None is about alerts that the partner has muted.
    """
    alert = notice.about
    same = Alert.objects.of_customers().filter(
        condition=alert.condition,
        stream=alert.stream_id,
        opened_at__gte=alert.opened_at,
    )
    if notice.digest_end:
        same = same.filter(opened_at__lt=notice.digest_end)
    else:
        same = same.open()
    muted = Mute.objects.filter(alert=OuterRef("pk"), audience=Notice.Audience.PARTNER)
    heard = same.exclude(Exists(muted))
    return heard.select_related("workspace").order_by("since", "pk")
