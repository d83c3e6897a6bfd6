"""News about replays: one has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q

from streams.alerts.conditions.rule import NEWS_FOR, Condition, Held, Recovery, Rule
from streams.delivery.models import Cursor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_COLUMNS = (
    "pk", "connection", "feed", "feed__workspace", "stream", "stream__partner", "ended_at",
    "replay__stopped_because", "position", "start", "rejected", "filtered", "expired",
)  # fmt: skip


def _ended(now: datetime, how: Q) -> Iterable[Held]:
    """Yield replays that ended within NEWS_FOR, with how many events they delivered."""
    ended = Cursor.objects.filter(
        how, kind=Cursor.Kind.REPLAY, ended_at__gt=now - NEWS_FOR
    ).order_by()
    for row in ended.values_list(*_COLUMNS).iterator():
        pk, connection, feed, workspace, stream, partner, ended_at, reason, *counts = (
            row
        )
        position, start, *left_out = counts
        yield Held(
            subject=f"replay:{pk}",
            began=ended_at,
            reason=reason or "",
            connection=connection,
            feed=feed,
            workspace=workspace,
            stream=stream,
            partner=partner,
            count=position - start - sum(left_out),
        )


RULES = (
    Rule(
        condition=Condition.REPLAY_FINISHED,
        holding=lambda now: _ended(now, Q(position=F("end_seq"))),
        closes_after=timedelta(0),
        recovery=Recovery.NONE,
        partner_from=None,
        is_over_at_once=True,
    ),
    # One that a person canceled has no reason.
    Rule(
        condition=Condition.REPLAY_STOPPED,
        holding=lambda now: _ended(
            now, Q(position__lt=F("end_seq")) & ~Q(replay__stopped_because="")
        ),
        closes_after=timedelta(0),
        recovery=Recovery.NONE,
        partner_from=None,
        is_over_at_once=True,
    ),
)
