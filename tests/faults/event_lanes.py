"""One feed with a connection, as seen from both ends: who sends to it, who receives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

from django.db import transaction

from streams.connections.regions import Region
from streams.delivery.engine.drain import LINGER_S
from tests import factories

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.delivery.models import Cursor


@dataclass(eq=False)
class Lane:
    """Events of a lane are numbered 1, 2, 3 …; all up to `acknowledged` got their 200."""

    name: str
    cursor: Cursor  # as it was made
    ingest_key: str = field(repr=False)
    write_key: str = field(repr=False)
    acknowledged: int = 0
    pause_s: float = 0.3  # between two requests of its sender
    losses: int = 0  # how often an answer of Segment may have been lost until now

    def message_id(self, number: int) -> str:
        return f"{self.name}-{number}"

    def event(self, number: int) -> dict:
        return {
            "type": "track",
            "event": "Email Opened",
            "userId": f"user-{number % 100}",
            "messageId": self.message_id(number),
            "properties": {"lane": self.name, "number": number},
        }


# Each with a host of its own (site.py).
REGIONS = (Region.US, Region.EU, Region.SANDBOX)


def open_lanes(
    *names: str, regions: Sequence[Region] = (Region.SANDBOX,)
) -> list[Lane]:
    """Feeds of one stream, each with a connection, in one region after the other."""
    stream = factories.stream()
    with transaction.atomic():  # one commit, for speed
        return [
            _open(name, stream, region)
            for name, region in zip(names, cycle(regions), strict=False)
        ]


def open_quiet_lane() -> Lane:
    """Of a stream of its own, which nobody owns when its next event comes.

    So each needs somebody to be woken.
    """
    [lane] = open_lanes("quiet")
    lane.pause_s = LINGER_S + 1.0
    return lane


def _open(name: str, stream: Stream, region: Region) -> Lane:
    feed, key = factories.feed(stream), factories.write_key()
    cursor = factories.cursor(factories.connection(feed, write_key=key, region=region))
    return Lane(name, cursor, factories.ingest_key(feed).text, key)
