"""The newest events of many feeds: bounded, and enough to tell what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.events.reading import between
from streams.events.retention import oldest_retained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.events.models import Feed

MOST = 20_000  # events of all feeds together
MOST_OF_ONE = 5_000
MOST_FEEDS = 20
ROWS = 500  # read at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Which events to look at: the newest of the feeds that got some last."""

    feeds: tuple[Feed, ...]
    since: datetime

    def payloads(self) -> Iterator[bytes]:
        """Each event as it is stored, feed by feed, the newest first."""
        most = min(MOST_OF_ONE, MOST // max(len(self.feeds), 1))
        for feed in self.feeds:
            low = max(oldest_retained(feed), feed.head_seq + 1 - most)
            rows = between(feed, low, feed.head_seq + 1)
            rows = rows.filter(received_at__gte=self.since).order_by("-seq")
            for payload in rows.values_list("payload", flat=True).iterator(ROWS):
                yield bytes(payload)


def newest(feeds: QuerySet[Feed], since: datetime) -> Sample:
    """Of what was received from then on."""
    with_some = feeds.filter(head_at__gte=since).order_by("-head_at")
    return Sample(feeds=tuple(with_some[:MOST_FEEDS]), since=since)
