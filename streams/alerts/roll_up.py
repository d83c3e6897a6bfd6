"""Notices to partners: one about all alerts of a stream that open around the same time.

A notice refers to the first of these alerts. Until it is sent, later alerts need no other
one, and the next is sent an hour later at the earliest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max

from streams.alerts.models import Alert, Notice
from streams.alerts.recipients import partner_recipients
from streams.catalog.models import Stream

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.alerts.conditions import Rule

TRIED_FOR = timedelta(days=1)  # a notice that can't be sent
AT_MOST_EVERY = timedelta(hours=1)
_STREAM = "alert__connection__feed__stream"


def add_partner_notices(rule: Rule, opened: QuerySet[Alert], now: datetime) -> None:
    """Write the notices to the partners of new alerts, in their transaction."""
    found = (
        opened.filter(workspace__is_test=False)
        .order_by("-pk")
        .values_list("connection__feed__stream", "pk")
    )
    first = dict(found)  # the lowest ID of each stream
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
    admins = partner_recipients(set(partners.values()))
    for stream in partners.keys() - pending:
        due = now + rule.partner_waits
        if stream in sent_at:
            due = max(due, sent_at[stream] + AT_MOST_EVERY)
        Notice.objects.bulk_create(
            [
                Notice(
                    alert_id=first[stream],
                    transition=Notice.Transition.OPENED,
                    audience=Notice.Audience.PARTNER,
                    recipient_id=user,
                    due_at=due,
                    expires_at=due + TRIED_FOR,
                )
                for user in sorted(admins[partners[stream]])
            ],
            ignore_conflicts=True,
        )


def covered(notice: Notice) -> QuerySet[Alert]:
    """Return the open alerts that a partner's notice is about, the oldest first."""
    alert = notice.alert
    same = Alert.objects.open().filter(
        condition=alert.condition,
        connection__feed__stream=alert.connection.feed.stream_id,
        opened_at__gte=alert.opened_at,
        workspace__is_test=False,
    )
    return same.select_related("workspace").order_by("since", "pk")
