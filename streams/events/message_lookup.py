"""Find an event by its messageId in many feeds, without a search through any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import FETCH_RAISE

from streams.events.log import message_digest
from streams.events.models import Event, Feed, QuarantinedEvent, SeenMessage
from streams.events.quarantine_search import first_id_since
from streams.events.queries import between
from streams.events.retention.past_retention import oldest_retained
from streams.events.time_index import last_before

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

# Events of a feed that one commit may have stored at the same time.
SAME_TIME = 10_000


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A messageId that a feed received at that time, within the deduplication window.

    `event` or `quarantined` is the event, without its payload. Both are None if it isn't
    among those of that time any more: it was released or discarded from quarantine, or its
    retention ended. One that was released is found by a search.
    """

    feed: Feed
    seen_at: datetime
    event: Event | None
    quarantined: QuarantinedEvent | None


def find_message(
    feeds: QuerySet[Feed], message_id: str, *, limit: int
) -> list[FoundMessage]:
    """Return where feeds received this messageId, newest first.

    One lookup by the digest of the messageId, and about twenty rows for each of at most
    `limit` feeds. Older events than the deduplication window are not found.
    """
    seen = (
        SeenMessage.objects.filter(
            digest=message_digest(message_id), feed_id__in=feeds.values("pk")
        )
        .order_by("-seen_at")
        .values_list("feed_id", "seen_at")[:limit]
    )
    seen_at = dict(seen)
    found = feeds.filter(pk__in=seen_at).select_related("stream", "workspace")
    of_id = {feed.pk: feed for feed in found}
    return [
        _found(feed, message_id, at)
        for pk, at in seen_at.items()
        if (feed := of_id.get(pk))
    ]


def _found(feed: Feed, message_id: str, at: datetime) -> FoundMessage:
    event = _event(feed, message_id, at)
    held = _quarantined(feed, message_id, at) if event is None else None
    return FoundMessage(feed, at, event, held)


def _quarantined(
    feed: Feed, message_id: str, seen_at: datetime
) -> QuarantinedEvent | None:
    if not feed.quarantined:
        return None
    first = first_id_since(feed.pk, seen_at)
    if first is None:
        return None
    rows = QuarantinedEvent.objects.filter(feed=feed, pk__gte=first).order_by("pk")
    ids = rows.values_list("pk", flat=True)
    end = next(iter(ids[SAME_TIME : SAME_TIME + 1]), None)
    if end is not None:
        rows = rows.filter(pk__lt=end)
    matching = rows.filter(message_id=message_id[:100])
    return matching.defer("payload").fetch_mode(FETCH_RAISE).first()


def _event(feed: Feed, message_id: str, seen_at: datetime) -> Event | None:
    first = max(oldest_retained(feed), last_before(feed, seen_at) + 1)
    together = between(feed, first, min(first + SAME_TIME, feed.head_seq + 1))
    matching = together.filter(message_id=message_id[:100])
    return matching.defer("payload").fetch_mode(FETCH_RAISE).order_by("seq").first()
