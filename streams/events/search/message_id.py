"""Where the event with a messageId is, if deduplication still knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.events.log import message_digest
from streams.events.models import SeenMessage
from streams.events.search.spans import Span
from streams.events.time_index import last_before

if TYPE_CHECKING:
    from streams.events.models import Feed

NEAR = 20_000  # events after the time at which the message was received


def span_of_message(feed: Feed, message_id: str) -> Span | None:
    """Return the numbers among which the event was stored; None: we don't know.

    An event that was in quarantine got its number later, so it may be elsewhere.
    """
    seen = SeenMessage.objects.filter(
        digest=message_digest(message_id), feed_id=feed.pk
    )
    seen_at = seen.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if seen_at is None:
        return None
    before = last_before(feed, seen_at)
    return Span(low=before + 1, top=min(before + 1 + NEAR, feed.head_seq + 1))
