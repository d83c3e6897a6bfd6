"""Where every event of a feed is: the columns always add up to what was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from streams.delivery.models import Cursor
from streams.events.models import Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """accepted = delivered + rejected + filtered + expired + pending + held."""

    accepted: int
    delivered: int = 0
    rejected: int = 0
    filtered: int = 0  # not to be sent
    expired: int = 0  # past their retention before they could be sent
    pending: int = 0
    held: int = 0  # wait for a connection, or for theirs to be active again
    last_delivered_at: datetime | None = None


def of(feed: Feed) -> Ledger:
    """The ledger of one feed as it stands in the database now."""
    return of_each([feed.pk])[feed.pk]


def of_each(feed_ids: Iterable[int]) -> dict[int, Ledger]:
    """The ledgers of many feeds by the feed's id, in two queries."""
    ids = list(feed_ids)
    live = Cursor.objects.filter(feed__in=ids, kind=Cursor.Kind.LIVE)
    cursors: dict[int, list[Cursor]] = {}
    for cursor in live.order_by("-connection_id"):
        cursors.setdefault(cursor.feed_id, []).append(cursor)
    # The heads after the cursors: no position that was read can be beyond them.
    feeds = Feed.objects.filter(pk__in=ids)
    heads = feeds.values_list("pk", "head_seq", "expired")
    return {pk: balance(head, cursors.get(pk, []), gone) for pk, head, gone in heads}


def balance(head: int, cursors: Sequence[Cursor], expired: int = 0) -> Ledger:
    """Add up what a feed's live cursors say, the newest connection's first.

    The newest one speaks for every event after its start, an older one for those
    before that. The first `expired` ones expired before there was any.
    """
    if not cursors:
        return Ledger(accepted=head, expired=expired, held=head - expired)
    delivered = rejected = unsent = 0
    unconnected = expired
    below = cursors[0].position
    for cursor in cursors:
        if cursor is not cursors[0] and cursor.start >= below:
            continue  # a newer one has sent all of that again
        # What a request under way settled after its connection was deleted counts for
        # the newer one, which sends it again.
        overlap = max(0, cursor.position - below)
        delivered += max(0, cursor.delivered - overlap)
        rejected += cursor.rejected - max(0, overlap - cursor.delivered)
        unsent += cursor.filtered + max(0, below - cursor.position)
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
