"""The sandbox's counts, in total and by write key and region."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.sandbox.debugger.event_view import masked, source_of
from streams.sandbox.faults.sliding_window import SlidingSecond

if TYPE_CHECKING:
    from streams.sandbox.http.request import Request
    from streams.sandbox.segment.sources import Region
    from streams.sandbox.segment.tracking_api import Call, Event

KEPT_SECONDS = 3600


class SeenIds:
    """The set of known message IDs, by 8 bytes of hash. Ten million IDs take about 90 MB.

    Two bytes of the hash select a bucket, which stores the other six. With ten million IDs,
    the probability of mistaking one for another is 1 in 300,000.
    """

    _KEPT_BYTES = 6

    def __init__(self) -> None:
        self._buckets: dict[bytes, bytearray] = {}

    def add(self, message_id: str) -> bool:
        """Add an ID. Returns whether it is new."""
        digest = hash(message_id).to_bytes(8, "big", signed=True)
        bucket = self._buckets.setdefault(digest[:2], bytearray())
        kept = digest[2:]
        at = bucket.find(kept)
        while at > 0 and at % self._KEPT_BYTES:  # a match across two entries
            at = bucket.find(kept, at + 1)
        if at >= 0:
            return False
        bucket += kept
        return True


@dataclass(slots=True)
class EventCounts:
    """Counts of accepted events. Each is unique, a duplicate or discarded.

    A batch without events counts as one discarded `empty_batch`.
    """

    events: int = 0
    unique_message_ids: int = 0
    duplicates: int = 0
    discarded: Counter[str] = field(default_factory=Counter)

    def count(self, *, discard: str | None, is_new: bool) -> None:
        self.events += 1
        if discard is not None:
            self.discarded[discard] += 1
        elif is_new:
            self.unique_message_ids += 1
        else:
            self.duplicates += 1

    def add(self, other: EventCounts) -> None:
        self.events += other.events
        self.unique_message_ids += other.unique_message_ids
        self.duplicates += other.duplicates
        self.discarded += other.discarded


@dataclass(slots=True)
class Tally:
    """The counts of one write key, of one region, or of all."""

    requests: int = 0
    counts: EventCounts = field(default_factory=EventCounts)
    second: SlidingSecond = field(default_factory=SlidingSecond)

    def count_request(self, arrived_ns: int) -> None:
        self.requests += 1
        self.second.add(arrived_ns)

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "events": self.counts.events,
            "unique_message_ids": self.counts.unique_message_ids,
            "duplicates": self.counts.duplicates,
            "discarded": dict(self.counts.discarded),
            "worst_second": self.second.worst,
        }


class Stats:
    """All counts. Message IDs are compared across sources, as in Segment's newer docs."""

    def __init__(self) -> None:
        self._seen = SeenIds()
        self._total = Tally()
        self._by_key: dict[str, Tally] = {}
        self._by_region: dict[str, Tally] = {}
        self._seconds: Counter[int] = Counter()
        self._last_second = 0

    def count_request(self, write_key: str, region: Region, request: Request) -> None:
        """Count a request to the Tracking API, whatever its result."""
        for tally in self._tallies(write_key, region):
            tally.count_request(request.arrived_ns)
        # If the clock is set back, count for the last second to keep seconds in order.
        self._last_second = max(self._last_second, int(request.received_at))
        self._seconds[self._last_second] += 1
        if len(self._seconds) > KEPT_SECONDS:
            del self._seconds[next(iter(self._seconds))]

    def count_events(self, call: Call, region: Region) -> list[Event]:
        """Count the events of an accepted call. Returns those that are not dropped."""
        fresh = []
        by_key: defaultdict[str, EventCounts] = defaultdict(EventCounts)
        for event in call.events:
            is_new = event.discard is None and self._seen.add(event.message_id)
            if is_new:
                fresh.append(event)
            by_key[event.write_key].count(discard=event.discard, is_new=is_new)
        if not call.events:
            by_key[call.write_key].discarded["empty_batch"] += 1
        for write_key, counts in by_key.items():
            for tally in self._tallies(write_key, region):
                tally.counts.add(counts)
        return fresh

    def as_json(self, *, brief: bool) -> dict[str, Any]:
        """Return the counts. Brief omits the counts by source and second."""
        counts = {**self._total.as_json(), "by_region": _as_json(self._by_region)}
        if brief:
            return counts
        by_key = {
            source_of(key): {"write_key": masked(key), **tally.as_json()}
            for key, tally in self._by_key.items()
        }
        return {**counts, "by_key": by_key, "seconds": self._dense_seconds()}

    def _tallies(self, write_key: str, region: Region) -> tuple[Tally, Tally, Tally]:
        by_key = self._by_key.get(write_key)
        if by_key is None:
            by_key = self._by_key[write_key] = Tally()
        by_region = self._by_region.get(region)
        if by_region is None:
            by_region = self._by_region[region] = Tally()
        return self._total, by_key, by_region

    def _dense_seconds(self) -> list[list[int]]:
        """Return the requests per second, including seconds without requests."""
        if not self._seconds:
            return []
        last = self._last_second
        first = max(min(self._seconds), last - KEPT_SECONDS + 1)
        return [[second, self._seconds[second]] for second in range(first, last + 1)]


def _as_json(tallies: dict[str, Tally]) -> dict[str, Any]:
    return {name: tally.as_json() for name, tally in tallies.items()}
