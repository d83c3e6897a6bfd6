"""The events that Segment received: in order, once, and in how many requests."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.sandbox.debugger.event_view import source_of
from streams.sandbox.faults.sliding_window import SlidingSecond

if TYPE_CHECKING:
    from tests.faults.flows import Flow
    from tests.segment import SandboxSegment

LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class Receiver:
    """Follows a sandbox while it receives events; the first copy of each event counts.

    `skipped` are messageIds that Segment is set to refuse.
    """

    segment: SandboxSegment
    flows: Sequence[Flow]
    skipped: frozenset[str] = frozenset()
    last: Counter[str] = field(default_factory=Counter)  # number, by flow
    wrong: list[str] = field(default_factory=list)  # out of order, or missing
    taken: Counter[str] = field(default_factory=Counter)  # requests, by write key
    biggest: Counter[str] = field(
        default_factory=Counter
    )  # events in one, by write key
    # Times of requests: by write key, and in the sliding second, by stream.
    arrivals: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[int, SlidingSecond] = field(
        default_factory=lambda: defaultdict(SlidingSecond)
    )
    _streams: dict[str, int] = field(init=False)  # by write key
    _keys: dict[str, str] = field(init=False)  # by the source that the sandbox shows
    _event: int = 0
    _request: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._streams = {flow.write_key: flow.cursor.stream_id for flow in self.flows}
        self._keys = {source_of(key): key for key in self._streams}

    @contextmanager
    def following(self) -> Iterator[None]:
        ended = threading.Event()

        def follow() -> None:
            while not ended.wait(LOOK_EVERY_S):
                self.look()

        thread = threading.Thread(target=follow, name="receiver")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.look()

    def look(self) -> None:
        """Process everything that has arrived until now."""
        with self._lock:
            while page := self.segment.events_after(self._event):
                self._event = page[-1]["number"]
                for shown in page:
                    self._receive(shown["event"]["properties"])
            for request in self.segment.requests_after(self._request):
                self._count(request)

    def has(self, flow: Flow, number: int) -> bool:
        return self.last[flow.name] >= number

    def duplicates(self, flow: Flow) -> int:
        tally = self.segment.stats()["by_key"].get(source_of(flow.write_key))
        return tally["duplicates"] if tally else 0

    def _receive(self, event: dict) -> None:
        name, number = event["flow"], event["number"]
        expected = self.last[name] + 1
        while f"{name}-{expected}" in self.skipped:
            expected += 1
        if number != expected:
            self.wrong.append(f"{name}: {number} arrived where {expected} should have")
        self.last[name] = max(self.last[name], number)

    def _count(self, request: dict) -> None:
        if self._request and request["number"] > self._request + 1:
            self.wrong.append(f"requests up to {request['number']} were not seen")
        self._request = request["number"]
        key = self._keys[request["source"]]
        self.arrivals[key].append(request["arrived_s"])
        stream = self._streams[key]
        self.seconds[stream].add(round(request["arrived_s"] * 1e9))
        if request["taken"]:
            self.taken[key] += 1
            self.biggest[key] = max(self.biggest[key], request["events"])
