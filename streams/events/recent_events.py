"""Sample the newest events of many feeds, including those in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q

from streams.events.erasure.tombstones import ERASED
from streams.events.models import QuarantinedEvent
from streams.events.queries import between
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.events.models import Feed

MOST = 20_000  # events in total
MOST_OF_ONE = 5_000
MOST_FEEDS = 20
ROWS = 500  # read at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The events to sample: the newest of the feeds with the latest events."""

    feeds: tuple[Feed, ...]
    since: datetime

    def payloads(self, most: int | None = None) -> Iterator[bytes]:
        """Yield events as they are stored, by feed, the newest first.

        `most`: of all feeds and, again, of all quarantines; by default, MOST.
        """
        most = min(MOST_OF_ONE, (most or MOST) // max(len(self.feeds), 1))
        for feed in self.feeds:
            low = max(oldest_retained(feed), feed.head_seq + 1 - most)
            sent = between(feed, low, feed.head_seq + 1).exclude(type=ERASED)
            yield from self._recent(sent.order_by("-seq"))
            if feed.quarantined:
                quarantined = QuarantinedEvent.objects.filter(feed=feed).order_by("-pk")
                yield from self._recent(quarantined[:most])

    def _recent(self, rows: QuerySet[Any]) -> Iterator[bytes]:
        """Yield rows received since then. Rows are newest first, so an older one ends it."""
        stored = rows.values_list("received_at", "payload").iterator(ROWS)
        for received_at, payload in stored:
            if received_at < self.since:
                return
            yield bytes(payload)


def newest(feeds: QuerySet[Feed], since: datetime) -> Sample:
    """Sample events received since that time."""
    recent = Q(head_at__gte=since) | Q(quarantined__gt=0)
    with_some = feeds.filter(recent).order_by(F("head_at").desc(nulls_last=True))
    return Sample(feeds=tuple(with_some[:MOST_FEEDS]), since=since)
