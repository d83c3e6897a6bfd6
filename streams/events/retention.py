"""What of a feed is past its retention, and what no longer needs to be kept.

`Feed.expired_seq` says up to where events have expired; from then on nobody reads them,
though their rows may still be there. The feed's marks say what is left to do: those
before the cutoff go last, when all else is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, Min, OuterRef, Subquery

from streams.events.chunks import CHUNK
from streams.events.models import Event, Feed, FeedMark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.catalog.models import Stream


def oldest_retained(feed: Feed) -> int:
    """The lowest number whose event can be read; head + 1 if there is none.

    As `feed` was read: it is moved under the feed's lock, so who starts a cursor there
    locks the feed first. Costs nothing.
    """
    return feed.expired_seq + 1


def newest_before(feeds: Sequence[Feed], cutoff: datetime) -> dict[int, int]:
    """The last number of each feed that was received before a midnight; all are locked.

    Asked after the lock was had, not with it: an append that had it before must be seen.
    """
    later = FeedMark.objects.filter(feed_id=OuterRef("pk"), at__gte=cutoff)
    first = Subquery(later.order_by("at").values("seq")[:1])
    ids = [feed.pk for feed in feeds]
    marked = Feed.objects.filter(pk__in=ids).annotate(first=first)
    seqs = dict(marked.values_list("pk", "first"))
    return {f.pk: f.head_seq if seqs[f.pk] is None else seqs[f.pk] for f in feeds}


def feeds_with_older(stream: Stream, cutoff: datetime) -> list[int]:
    """The ids of the stream's feeds that have something from before the cutoff."""
    older = FeedMark.objects.filter(feed_id=OuterRef("pk"), at__lt=cutoff)
    feeds = Feed.objects.filter(Exists(older), stream=stream).order_by("pk")
    return list(feeds.values_list("pk", flat=True))


def has_older(moment: datetime) -> bool:
    """Whether any feed has something from before, not yet expired or not yet deleted."""
    return FeedMark.objects.filter(at__lt=moment).exists()


def forget_events(feed_ids: Sequence[int], cutoff: datetime, *, rows: bool) -> int:
    """Delete the expired events of feeds, and the marks that led to them.

    Without `rows` the marks alone: the rows go with their partition. How many rows went.
    """
    older = FeedMark.objects.filter(feed_id__in=feed_ids, at__lt=cutoff)
    gone = 0
    if rows:
        for feed in Feed.objects.filter(pk__in=feed_ids):
            gone += _delete_events(feed, older.filter(feed_id=feed.pk), cutoff)
    older.delete()
    return gone


def _delete_events(feed: Feed, older: QuerySet[FeedMark], cutoff: datetime) -> int:
    # By number, so that nothing has to be searched for; told the days, PostgreSQL opens
    # their partitions only.
    reach = older.aggregate(below=Min("seq"), since=Min("at"))
    if reach["since"] is None:
        return 0
    events = Event.objects.filter(
        feed=feed, received_at__gte=reach["since"], received_at__lt=cutoff
    )
    gone = 0
    for low in range(reach["below"], feed.expired_seq, CHUNK):
        high = min(low + CHUNK, feed.expired_seq)
        gone += events.filter(seq__gt=low, seq__lte=high).delete()[0]
    return gone
