"""Events past their retention: find and delete them.

Events up to `Feed.expired_seq` have expired and are no longer read, even if their rows
exist. The feed's marks show what is left to delete: marks before the cutoff are deleted
last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, Min, OuterRef, Subquery

from streams.events.models import Event, Feed, FeedMark
from streams.events.retention.bounded_delete import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.catalog.models import Stream


def oldest_retained(feed: Feed) -> int:
    """Return the lowest number of a readable event; head + 1 if there is none.

    Based on the loaded `feed`, without a query. The number changes only under the feed's
    lock, so lock the feed before you start a cursor there.
    """
    return feed.expired_seq + 1


def newest_before(feeds: Sequence[Feed], cutoff: datetime) -> dict[int, int]:
    """Return the last event of each locked feed that was received before a midnight.

    Runs after the locks are acquired, so that earlier appends are visible.
    """
    later = FeedMark.objects.filter(feed_id=OuterRef("pk"), at__gte=cutoff)
    first = Subquery(later.order_by("at").values("seq")[:1])
    ids = [feed.pk for feed in feeds]
    marked = Feed.objects.filter(pk__in=ids).annotate(first=first)
    seqs = dict(marked.values_list("pk", "first"))
    return {f.pk: f.head_seq if seqs[f.pk] is None else seqs[f.pk] for f in feeds}


def feeds_with_older(stream: Stream, cutoff: datetime) -> list[int]:
    """Return the IDs of the stream's feeds that have data from before the cutoff."""
    older = FeedMark.objects.filter(feed_id=OuterRef("pk"), at__lt=cutoff)
    feeds = Feed.objects.filter(Exists(older), stream=stream).order_by("pk")
    return list(feeds.values_list("pk", flat=True))


def has_older(moment: datetime) -> bool:
    """Whether any feed has older data that is not expired or not deleted."""
    return FeedMark.objects.filter(at__lt=moment).exists()


def forget_events(feed_ids: Sequence[int], cutoff: datetime, *, rows: bool) -> int:
    """Delete the expired events of feeds and their marks; return the number of rows.

    Without `rows`, delete only the marks: the rows are dropped with their partition.
    """
    older = FeedMark.objects.filter(feed_id__in=feed_ids, at__lt=cutoff)
    deleted = 0
    if rows:
        for feed in Feed.objects.filter(pk__in=feed_ids):
            deleted += _delete_events(feed, older.filter(feed_id=feed.pk), cutoff)
    older.delete()
    return deleted


def _delete_events(feed: Feed, older: QuerySet[FeedMark], cutoff: datetime) -> int:
    # By number, so that no search is needed. With the days, PostgreSQL opens only their
    # partitions.
    reach = older.aggregate(below=Min("seq"), since=Min("at"))
    if reach["since"] is None:
        return 0
    events = Event.objects.filter(
        feed=feed, received_at__gte=reach["since"], received_at__lt=cutoff
    )
    deleted = 0
    for low in range(reach["below"], feed.expired_seq, CHUNK):
        high = min(low + CHUNK, feed.expired_seq)
        deleted += events.filter(seq__gt=low, seq__lte=high).delete()[0]
    return deleted
