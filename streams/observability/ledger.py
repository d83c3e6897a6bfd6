"""The ledger of a feed: every accepted event is in exactly one column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Count, Q

from streams.delivery.models import Cursor, Rejection
from streams.delivery.skips import skips_of
from streams.events.models import Feed

# Events that are not in the log: columns of Feed and of its Ledger.
OUTSIDE_LOG = ("quarantined", "discarded", "quarantine_expired", "suppressed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """accepted = delivered + recovered + rejected + filtered + expired + erased + pending
    + held;
    received = accepted + quarantined + discarded + quarantine_expired."""

    accepted: int  # events with a number
    delivered: int = 0
    rejected: int = 0  # and not recovered
    recovered: int = 0  # rejected at first, then delivered by a replay
    filtered: int = 0  # skipped
    expired: int = 0  # past their retention before they were sent
    erased: int = 0  # before they were sent
    pending: int = 0
    held: int = 0  # queued until there is an active connection
    last_delivered_at: datetime | None = None
    quarantined: int = 0  # in quarantine now
    discarded: int = 0  # from quarantine, by a user
    quarantine_expired: int = 0  # in quarantine until the end of their retention
    suppressed: int = 0  # not accepted: their person is suppressed. In no sum

    @property
    def received(self) -> int:
        """All events that ingest accepted, without duplicates."""
        outside = self.quarantined + self.discarded + self.quarantine_expired
        return self.accepted + outside


class RejectionCount(NamedTuple):
    """Rejected events of a cursor, and how many of them were recovered."""

    rows: int
    recovered: int


NO_REJECTIONS = RejectionCount(0, 0)


def of(feed: Feed) -> Ledger:
    """Return the current ledger of one feed."""
    return of_each([feed.pk])[feed.pk]


def of_each(feed_ids: Iterable[int]) -> dict[int, Ledger]:
    """Return the ledgers of many feeds by feed ID, with two queries.

    A third query is needed if a connection sends events again that an earlier one sent.
    """
    ids = list(feed_ids)
    live = Cursor.objects.filter(feed__in=ids, kind=Cursor.Kind.LIVE)
    cursors: dict[int, list[Cursor]] = {}
    for cursor in live.order_by("-connection_id"):
        cursors.setdefault(cursor.feed_id, []).append(cursor)
    again = _rejected_again(cursors.values())
    skipped = _skipped_again(cursors.values())
    # Read the heads after the cursors, so that no position is beyond them.
    feeds = Feed.objects.filter(pk__in=ids)
    heads = feeds.values_list("pk", "head_seq", "expired", *OUTSIDE_LOG)
    return {
        pk: replace(
            balance(head, cursors.get(pk, []), expired_unconnected, again, skipped),
            **dict(zip(OUTSIDE_LOG, outside, strict=True)),
        )
        for pk, head, expired_unconnected, *outside in heads
    }


def balance(
    head: int,
    cursors: Sequence[Cursor],
    expired: int = 0,
    rejected_again: Mapping[int, RejectionCount] = {},
    skipped_again: Mapping[int, int] = {},
) -> Ledger:
    """Add up the live cursors of a feed, the newest connection first.

    The first `expired` events expired before there was a connection. By cursor ID, for the
    events beyond those that it accounts for: its rejections, and how many it skipped.
    """
    if not cursors:
        return Ledger(accepted=head, expired=expired, held=head - expired)
    delivered = rejected = recovered = unsent = below = 0
    unconnected = expired
    for cursor, last in _accounted_ranges(cursors):
        skipped = skipped_again.get(cursor.pk, 0)
        again = rejected_again.get(cursor.pk, NO_REJECTIONS)
        own = _settled(cursor, last, again, skipped)
        delivered += own.delivered
        rejected += own.rejected
        recovered += own.recovered
        unsent += cursor.filtered - skipped + max(0, last - cursor.position)
        expired += cursor.expired
        below = cursor.start
    waiting, held = head - cursors[0].position, cursors[0].held
    moments = [at for c in cursors if (at := c.last_delivered_at)]
    return Ledger(
        accepted=head,
        delivered=delivered,
        rejected=rejected,
        recovered=recovered,
        filtered=unsent + below - unconnected,
        expired=expired,
        erased=sum(cursor.erased for cursor, _last in _accounted_ranges(cursors)),
        pending=0 if held else waiting,
        held=waiting if held else 0,
        last_delivered_at=max(moments, default=None),
    )


class _Settled(NamedTuple):
    """The results of the events that a cursor accounts for and has sent."""

    delivered: int
    rejected: int
    recovered: int


def _settled(
    cursor: Cursor, last: int, again: RejectionCount, skipped: int
) -> _Settled:
    """Count a cursor's results up to event `last`.

    Beyond it are the rejections `again`, and `skipped` events.

    Events beyond count for the newer cursor, which sends them again. If the rejections are
    already deleted, count as many as possible as delivered.
    """
    beyond = max(0, cursor.position - last) - skipped
    sent_again = min(beyond - again.rows, cursor.delivered)
    rejected = cursor.rejected - (beyond - sent_again)
    recovered = min(cursor.recovered - again.recovered, rejected)
    return _Settled(cursor.delivered - sent_again, rejected - recovered, recovered)


def _accounted_ranges(cursors: Sequence[Cursor]) -> Iterator[tuple[Cursor, int]]:
    """Yield each cursor that accounts for events, and the last event of its range.

    The newest cursor accounts for all events after its start, an older one for the events
    before. So events that were sent again count at the newer connection.
    """
    last = cursors[0].position
    for cursor in cursors:
        if cursor is cursors[0] or cursor.start < last:
            yield cursor, last
            last = cursor.start


def _skipped_again(feeds: Iterable[Sequence[Cursor]]) -> dict[int, int]:
    beyond = {
        cursor.pk: (cursor, last)
        for cursors in feeds
        for cursor, last in _accounted_ranges(cursors)
        if cursor.position > last and cursor.filtered
    }
    skips = skips_of([cursor for cursor, _ in beyond.values()])
    return {
        pk: sum(one.size_after(last) for one in skips[pk])
        for pk, (_, last) in beyond.items()
    }


def _rejected_again(feeds: Iterable[Sequence[Cursor]]) -> dict[int, RejectionCount]:
    overlaps = [
        Q(cursor=cursor.pk, seq__gt=last, seq__lte=cursor.position)
        for cursors in feeds
        for cursor, last in _accounted_ranges(cursors)
        if cursor.position > last and cursor.rejected
    ]
    if not overlaps:
        return {}
    rejected = Rejection.objects.filter(reduce(or_, overlaps)).order_by()
    counted = rejected.values_list("cursor").annotate(
        rows=Count("pk"), recovered=Count("recovered_by")
    )
    return {pk: RejectionCount(*counts) for pk, *counts in counted}
