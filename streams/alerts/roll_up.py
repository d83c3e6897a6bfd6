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
from streams.alerts.recipients import partner_recipients
from streams.catalog.models import Stream

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.conditions.rule import Rule
    from streams.alerts.models import AlertQuerySet

TRIED_FOR = timedelta(days=1)  # a notice that can't be sent
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
    earlier = Notice.objects.filter(
        audience=Notice.Audience.PARTNER,
        alert__condition=rule.condition,
        **{f"{_STREAM}__in": list(first)},
    )
    pending = set(earlier.unfinished().values_list(_STREAM, flat=True))
    recent = earlier.filter(sent_at__gt=now - AT_MOST_EVERY).order_by()
    sent_at = dict(recent.values_list(_STREAM).annotate(Max("sent_at")))
    burst = set(sent_at) & _bursting(rule, list(sent_at), now)
    admins = partner_recipients(set(partners.values()))
    for stream in partners.keys() - pending - burst:
        due = now + rule.partner_waits
        if stream in sent_at:
            due = max(due, sent_at[stream] + AT_MOST_EVERY)
        people = sorted(admins[partners[stream]])
        _write(
            Notice.Transition.OPENED, [(first[stream], user) for user in people], due
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
    _write(Notice.Transition.CLOSED, list(sent.values_list("alert", "recipient")), now)


def _bursting(rule: Rule, streams: list[int], now: datetime) -> set[int]:
    """Return the streams whose last alert opened a moment ago."""
    before = Alert.objects.of_customers().filter(
        condition=rule.condition,
        opened_at__gte=now - TOGETHER,
        opened_at__lt=now,
        stream__in=streams,
    )
    return set(before.order_by().values_list("stream", flat=True))


def _write(
    transition: Notice.Transition, to: list[tuple[int, int]], due: datetime
) -> None:
    """Write notices to partners: `to` has an alert and a user of each."""
    Notice.objects.bulk_create(
        [
            Notice(
                alert_id=alert,
                transition=transition,
                audience=Notice.Audience.PARTNER,
                recipient_id=user,
                due_at=due,
                expires_at=due + TRIED_FOR,
            )
            for alert, user in to
        ],
        ignore_conflicts=True,
    )


def covered(notice: Notice) -> AlertQuerySet:
    """Return the open alerts that a partner's notice is about, the oldest first."""
    alert = notice.alert
    same = (
        Alert.objects.open()
        .of_customers()
        .filter(
            condition=alert.condition,
            stream=alert.stream_id,
            opened_at__gte=alert.opened_at,
        )
    )
    return same.select_related("workspace").order_by("since", "pk")
