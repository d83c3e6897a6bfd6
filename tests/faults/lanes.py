"""One feed with a connection, as seen from both ends: who sends to it, who receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from streams.connections.regions import Region
from tests import make

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


def open_lanes(
    count: int,
    stream: Stream | None = None,
    *,
    region: Region = Region.SANDBOX,
    prefix: str = "lane",
) -> list[Lane]:
    """So many feeds of one stream, each with a connection in the region."""
    stream = stream or make.stream()
    with transaction.atomic():  # one commit, for speed
        return [_open(f"{prefix}{n}", stream, region) for n in range(count)]


def _open(name: str, stream: Stream, region: Region) -> Lane:
    feed, key = make.feed(stream), make.write_key()
    cursor = make.cursor(make.connection(feed, write_key=key, region=region))
    return Lane(name, cursor, make.ingest_key(feed).text, key)
