"""The newest events of many feeds, those in quarantine too: bounded, and enough to tell
what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q

from streams.events.models import QuarantinedEvent
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
            sent = between(feed, low, feed.head_seq + 1).order_by("-seq")
            yield from self._recent(sent)
            if feed.quarantined:
                kept = QuarantinedEvent.objects.filter(feed=feed).order_by("-pk")
                yield from self._recent(kept[:most])

    def _recent(self, rows: QuerySet[Any]) -> Iterator[bytes]:
        """Those received since then; `rows` are the newest first, so one older ends it."""
        stored = rows.values_list("received_at", "payload").iterator(ROWS)
        for received_at, payload in stored:
            if received_at < self.since:
                return
            yield bytes(payload)


def newest(feeds: QuerySet[Feed], since: datetime) -> Sample:
    """Of what was received from then on."""
    recent = Q(head_at__gte=since) | Q(quarantined__gt=0)
    with_some = feeds.filter(recent).order_by(F("head_at").desc(nulls_last=True))
    return Sample(feeds=tuple(with_some[:MOST_FEEDS]), since=since)
