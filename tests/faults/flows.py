"""Numbered events of one feed, from the sender to Segment."""

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
class Flow:
    """A feed with a connection.

    Its events are numbered; all up to `acknowledged` got a 200.
    """

    name: str
    cursor: Cursor  # as it was created
    ingest_key: str = field(repr=False)
    write_key: str = field(repr=False)
    acknowledged: int = 0
    pause_s: float = 0.3  # between two requests of its sender
    losses: int = 0  # how many responses of Segment may have been lost until now
    stops: bool = False  # for minutes, by lasting faults; no recovery waits for it

    def message_id(self, number: int) -> str:
        return f"{self.name}-{number}"

    def event(self, number: int) -> dict:
        return {
            "type": "track",
            "event": "Email Opened",
            "userId": f"user-{number % 100}",
            "messageId": self.message_id(number),
            "properties": {"flow": self.name, "number": number},
        }


# Each with its own host (deployment.py).
REGIONS = (Region.US, Region.EU, Region.SANDBOX)


def open_flows(
    *names: str, regions: Sequence[Region] = (Region.SANDBOX,)
) -> list[Flow]:
    """Create feeds of one stream, each with a connection, in alternating regions."""
    stream = factories.stream()
    with transaction.atomic():  # one commit, for speed
        return [
            _open(name, stream, region)
            for name, region in zip(names, cycle(regions), strict=False)
        ]


def open_quiet_flow() -> Flow:
    """Create a flow of a separate stream that has no owner when its next event arrives.

    So each of its events needs a worker to be woken.
    """
    [flow] = open_flows("quiet")
    flow.pause_s = LINGER_S + 1.0
    return flow


def _open(name: str, stream: Stream, region: Region) -> Flow:
    feed, key = factories.feed(stream), factories.write_key()
    cursor = factories.cursor(factories.connection(feed, write_key=key, region=region))
    return Flow(name, cursor, factories.ingest_key(feed).text, key)
