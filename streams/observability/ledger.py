"""Where every event of a feed is: the columns always add up to what was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Count, Q

from streams.delivery.models import Cursor, Rejection
from streams.events.models import Feed

# What was received and is not in the log; columns of Feed and of its Ledger.
BESIDE = ("quarantined", "discarded", "quarantine_expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """accepted = delivered + rejected + filtered + expired + pending + held;
    received = accepted + quarantined + discarded + quarantine_expired."""

    accepted: int  # what has a number
    delivered: int = 0
    rejected: int = 0
    filtered: int = 0  # not to be sent
    expired: int = 0  # past their retention before they could be sent
    pending: int = 0
    held: int = 0  # wait for a connection, or for theirs to be active again
    last_delivered_at: datetime | None = None
    quarantined: int = 0  # kept beside the log until somebody decides
    discarded: int = 0  # from there, by a person
    quarantine_expired: int = 0  # lay there until their retention was over

    @property
    def received(self) -> int:
        """All that ingest said yes to, duplicates left out."""
        beside = self.quarantined + self.discarded + self.quarantine_expired
        return self.accepted + beside


def of(feed: Feed) -> Ledger:
    """The ledger of one feed as it stands in the database now."""
    return of_each([feed.pk])[feed.pk]


def of_each(feed_ids: Iterable[int]) -> dict[int, Ledger]:
    """The ledgers of many feeds by the feed's id, in two queries.

    A third where a connection sends again what one before it had sent.
    """
    ids = list(feed_ids)
    live = Cursor.objects.filter(feed__in=ids, kind=Cursor.Kind.LIVE)
    cursors: dict[int, list[Cursor]] = {}
    for cursor in live.order_by("-connection_id"):
        cursors.setdefault(cursor.feed_id, []).append(cursor)
    again = _refused_again(cursors.values())
    # The heads after the cursors: no position that was read can be beyond them.
    feeds = Feed.objects.filter(pk__in=ids)
    heads = feeds.values_list("pk", "head_seq", "expired", *BESIDE)
    return {
        pk: replace(
            balance(head, cursors.get(pk, []), gone, again),
            **dict(zip(BESIDE, beside, strict=True)),
        )
        for pk, head, gone, *beside in heads
    }


def balance(
    head: int,
    cursors: Sequence[Cursor],
    expired: int = 0,
    refused_again: Mapping[int, int] = {},
) -> Ledger:
    """Add up what a feed's live cursors say, the newest connection's first.

    The first `expired` events expired before there was any. `refused_again` has, for a
    cursor by its id, how many of its rejections lie beyond what it speaks for.
    """
    if not cursors:
        return Ledger(accepted=head, expired=expired, held=head - expired)
    delivered = rejected = unsent = below = 0
    unconnected = expired
    for cursor, last in _spoken_for(cursors):
        # What it did beyond that counts for the newer one, which does it again. Where
        # rejections of it are forgotten by now, as much as can be was delivered.
        beyond = max(0, cursor.position - last)
        taken = min(beyond - refused_again.get(cursor.pk, 0), cursor.delivered)
        delivered += cursor.delivered - taken
        rejected += cursor.rejected - (beyond - taken)
        unsent += cursor.filtered + max(0, last - cursor.position)
        expired += cursor.expired
        below = cursor.start
    waiting, held = head - cursors[0].position, cursors[0].held
    moments = [at for c in cursors if (at := c.last_delivered_at)]
    return Ledger(
        accepted=head,
        delivered=delivered,
        rejected=rejected,
        filtered=unsent + below - unconnected,
        expired=expired,
        pending=0 if held else waiting,
        held=waiting if held else 0,
        last_delivered_at=max(moments, default=None),
    )


def _spoken_for(cursors: Sequence[Cursor]) -> Iterator[tuple[Cursor, int]]:
    """Each cursor that speaks for some events, and the last number it does so for.

    The newest one speaks for all that comes after its start, an older one for what comes
    before that: what was sent once more, to another connection, counts there.
    """
    last = cursors[0].position
    for cursor in cursors:
        if cursor is cursors[0] or cursor.start < last:
            yield cursor, last
            last = cursor.start


def _refused_again(feeds: Iterable[Sequence[Cursor]]) -> dict[int, int]:
    overlaps = [
        Q(cursor=cursor.pk, seq__gt=last, seq__lte=cursor.position)
        for cursors in feeds
        for cursor, last in _spoken_for(cursors)
        if cursor.position > last and cursor.rejected
    ]
    if not overlaps:
        return {}
    refused = Rejection.objects.filter(reduce(or_, overlaps))
    return dict(refused.values_list("cursor").annotate(count=Count("pk")).order_by())
