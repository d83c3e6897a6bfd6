"""The stored events that a replay's filter matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from streams.delivery.models import Cursor, Rejection
from streams.events.erasure.tombstones import ERASED
from streams.events.queries import between
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from streams.delivery.replay.filter import ReplayFilter
    from streams.events.models import Event

ROWS = 500  # read at a time


def matching(
    cursor: Cursor, wanted: ReplayFilter, *, after: int, up_to: int
) -> Iterator[Event]:
    """Yield the matching events of a range by number; `cursor` belongs to the connection.

    For short ranges only, unless the filter has numbers: there is no index. Events past
    their retention don't match, even if their rows still exist.
    """
    search = wanted.search
    for event in (
        _candidates(cursor, wanted, after, up_to).order_by("seq").iterator(ROWS)
    ):
        if not search.reads_content or search.accepts(event):
            yield event


def matches_in(cursor: Cursor, wanted: ReplayFilter, *, after: int, up_to: int) -> int:
    """Count the matching events of a range."""
    if wanted.search.reads_content:
        return sum(1 for _event in matching(cursor, wanted, after=after, up_to=up_to))
    return _candidates(cursor, wanted, after, up_to).count()


def _candidates(
    cursor: Cursor, wanted: ReplayFilter, after: int, up_to: int
) -> QuerySet[Event]:
    """Return the events that match as far as the database can decide."""
    after = max(after, oldest_retained(cursor.feed) - 1)
    events = between(cursor.feed, after + 1, up_to + 1).exclude(type=ERASED)
    events = events.filter(*wanted.search.conditions(), **wanted.columns)
    if wanted.seqs:
        events = events.filter(seq__in=[n for n in wanted.seqs if after < n <= up_to])
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
