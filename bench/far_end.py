"""What the sandbox Segment received, watched while it comes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bench.portal import NotReached

if TYPE_CHECKING:
    from tests.segment import SandboxSegment

EVERY_S = 0.03  # the error of a time of arrival; asking costs the sandbox 0.2 ms
SELDOM_S = 0.5  # where nothing is to disturb what is measured
STALL_S = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Counts since the reset, at a moment of the monotonic clock."""

    at: float
    requests: int
    events: int  # each messageId once
    worst_second: int


def receive(
    sandbox: SandboxSegment, events: int, *, every_s: float = EVERY_S
) -> list[Sample]:
    """Watch until so many events are there. Raises NotReached where none comes any more."""
    samples = [look(sandbox)]
    moved_at = samples[0].at
    while samples[-1].events < events:
        time.sleep(every_s)
        samples.append(look(sandbox))
        if samples[-1].events > samples[-2].events:
            moved_at = samples[-1].at
        if samples[-1].at - moved_at > STALL_S:
            raise NotReached(f"{samples[-1].events:,} of {events:,} events received")
    return samples


def look(sandbox: SandboxSegment) -> Sample:
    stats = sandbox.stats(brief=True)
    return Sample(
        time.monotonic(),
        stats["requests"],
        stats["unique_message_ids"],
        stats["worst_second"],
    )


def steady(samples: Sequence[Sample]) -> tuple[Sample, Sample]:
    """The ends of the middle: from a tenth to nine tenths of the events."""
    total = samples[-1].events
    inner = [s for s in samples if 0.1 * total <= s.events <= 0.9 * total]
    return inner[0], inner[-1]


def received_at(sandbox: SandboxSegment) -> dict[str, float]:
    """When each event that the sandbox still keeps came: messageId to wall clock."""
    return {
        shown["event"]["messageId"]: _wall_clock(shown["received_at"])
        for shown in sandbox.shown_events()
    }


def requested_at(sandbox: SandboxSegment) -> dict[str, float]:
    """When the first request of each source came, of the newest 1,000: wall clock.

    It costs the sandbox less than to show the events of a backlog.
    """
    newest_first = reversed(sandbox.requests)
    return {c["source"]: _wall_clock(c["received_at"]) for c in newest_first}


def _wall_clock(shown: str) -> float:
    """The sandbox tells whole milliseconds, cut; a time here is the millisecond's end."""
    return datetime.fromisoformat(shown).timestamp() + 0.001
