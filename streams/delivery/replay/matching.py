"""The stored events that a replay's filter matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from streams.delivery.models import Cursor, Rejection
from streams.events.queries import between
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.delivery.replay.filter import ReplayFilter
    from streams.events.models import Event


def matching(
    cursor: Cursor, wanted: ReplayFilter, *, after: int, up_to: int
) -> QuerySet[Event]:
    """Return the matching events of a range; `cursor` belongs to the connection.

    For short ranges only: there is no index. Events past their retention don't match, even
    if their rows still exist.
    """
    after = max(after, oldest_retained(cursor.feed) - 1)
    events = between(cursor.feed, after + 1, up_to + 1).filter(**wanted.columns)
    if not wanted.rejected_only:
        return events
    rejected = rejections(cursor).filter(seq__gt=after, seq__lte=up_to)
    return events.filter(seq__in=rejected.values("seq"))


def rejections(cursor: Cursor) -> QuerySet[Rejection]:
    """Return the events of the feed that Segment rejected, and no replay recovered.

    By the live cursors of this connection or earlier ones: later connections don't change a
    replay. For the cursor of a replay, also those that it or a later one recovered, so that
    its selection stays the same.
    """
    live = Cursor.objects.filter(
        feed=cursor.feed_id,
        kind=Cursor.Kind.LIVE,
        connection__lte=cursor.connection_id,
    )
    left = Q(recovered_by=None)
    if cursor.end_seq is not None:
        left |= Q(recovered_by__gte=cursor.pk)
    return Rejection.objects.filter(
        left, cursor__in=list(live.values_list("pk", flat=True))
    )
