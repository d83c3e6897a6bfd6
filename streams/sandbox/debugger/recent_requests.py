"""The newest events and requests, for the debugger and for tests."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from streams.sandbox.debugger.event_view import iso, masked, scrubbed, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.sandbox.http.request import Request
    from streams.sandbox.segment.sources import Region
    from streams.sandbox.segment.tracking_api import Call, Event

# Enough for an afternoon of trying things out; about 50 MB of 1 KB events.
KEPT_EVENTS = 20_000
KEPT_REQUESTS = 1_000


class ReceivedEvent(msgspec.Struct, frozen=True):
    """An event as received. `shared` has the fields that its batch adds to all events."""

    number: int
    received_at: float
    region: Region
    event: Event
    shared: dict[str, bytes]
    sent_at: object = None


class RequestView(msgspec.Struct):
    """A request to the Tracking API and its response. `status` is None without one.

    `arrived_s` is monotonic. It contains no write key and no credential.
    """

    number: int
    received_at: str
    arrived_s: float
    path: str
    region: Region
    write_key: str
    source: str
    body_bytes: int
    headers: dict[str, str]
    events: int
    status: int | None
    taken: bool


class RequestLog:
    """Keeps the newest events, numbered 1, 2, 3 …. Each log has its own `id`."""

    def __init__(self, kept_events: int = KEPT_EVENTS) -> None:
        self.id = uuid4().hex
        self.last_number = 0
        self._entries: deque[ReceivedEvent] = deque(maxlen=kept_events)
        self._last_request = 0
        self.requests: deque[RequestView] = deque(maxlen=KEPT_REQUESTS)

    def add(
        self, events: list[Event], call: Call, region: Region, request: Request
    ) -> None:
        """Add the events of an accepted call."""
        at, shared = request.received_at, call.shared
        numbered = enumerate(events, start=self.last_number + 1)
        self._entries.extend(
            ReceivedEvent(n, at, region, event, shared, call.sent_at)
            for n, event in numbered
        )
        self.last_number += len(events)

    def add_request(
        self,
        request: Request,
        call: Call,
        region: Region,
        *,
        status: int | None,
        accepted: bool,
    ) -> None:
        """Add a request and its result."""
        self._last_request += 1
        shown = RequestView(
            number=self._last_request,
            received_at=iso(request.received_at),
            arrived_s=request.arrived_ns / 1e9,
            path=request.path,
            region=region,
            write_key=masked(call.write_key),
            source=source_of(call.write_key),
            body_bytes=len(request.body),
            headers=scrubbed(request.headers, call.write_key),
            events=len(call.events),
            status=status,
            taken=accepted,
        )
        self.requests.append(shown)

    def page(
        self, *, source: str | None, after: int | None, limit: int
    ) -> list[ReceivedEvent]:
        """Return events in order: the first ones after a number, or else the newest."""
        if after is None:
            newest = list(islice(self._of(source, reversed(self._entries)), limit))
            return newest[::-1]
        # Numbers have no gaps, so the earlier events can be skipped by position.
        oldest = self.last_number - len(self._entries) + 1
        skipped = max(0, min(after, self.last_number) + 1 - oldest)
        later = islice(self._entries, skipped, None)
        return list(islice(self._of(source, later), limit))

    def requests_after(self, number: int) -> list[RequestView]:
        """Return the newest requests with higher numbers, oldest first."""
        # Numbers have no gaps, so the earlier requests can be skipped by position.
        oldest = self._last_request - len(self.requests) + 1
        skipped = max(0, min(number, self._last_request) + 1 - oldest)
        return list(islice(self.requests, skipped, None))

    @staticmethod
    def _of(
        source: str | None, entries: Iterator[ReceivedEvent]
    ) -> Iterator[ReceivedEvent]:
        if source is None:
            return entries
        return (e for e in entries if source_of(e.event.write_key) == source)
