"""Watch the sandbox receive events."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bench.harness.portal import NotReached

if TYPE_CHECKING:
    from tests.segment import SandboxSegment

EVERY_S = 0.03  # the error of an arrival time; a request costs the sandbox 0.2 ms
SELDOM_S = 0.5  # when requests would disturb the measurement
STALL_S = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Counts since the reset, at a time of the monotonic clock."""

    at: float
    requests: int
    events: int  # each messageId once
    worst_second: int


def receive(
    sandbox: SandboxSegment, events: int, *, every_s: float = EVERY_S
) -> list[Sample]:
    """Watch until that many events have arrived. Raises NotReached if no more arrive."""
    samples = [take_sample(sandbox)]
    moved_at = samples[0].at
    while samples[-1].events < events:
        time.sleep(every_s)
        samples.append(take_sample(sandbox))
        if samples[-1].events > samples[-2].events:
            moved_at = samples[-1].at
        if samples[-1].at - moved_at > STALL_S:
            raise NotReached(f"{samples[-1].events:,} of {events:,} events received")
    return samples


def take_sample(sandbox: SandboxSegment) -> Sample:
    stats = sandbox.stats(brief=True)
    return Sample(
        time.monotonic(),
        stats["requests"],
        stats["unique_message_ids"],
        stats["worst_second"],
    )


def steady(samples: Sequence[Sample]) -> tuple[Sample, Sample]:
    """Return the samples at a tenth and at nine tenths of the events."""
    total = samples[-1].events
    inner = [s for s in samples if 0.1 * total <= s.events <= 0.9 * total]
    return inner[0], inner[-1]


def received_at(sandbox: SandboxSegment) -> dict[str, float]:
    """Return the arrival times (wall clock) of the events that the sandbox still has, by messageId."""
    return {
        shown["event"]["messageId"]: _wall_clock(shown["received_at"])
        for shown in sandbox.shown_events()
    }


def requested_at(sandbox: SandboxSegment) -> dict[str, float]:
    """Return when the first request of each source arrived (wall clock), of the newest 1,000.

    This costs the sandbox less than listing the events of a backlog.
    """
    newest_first = reversed(sandbox.requests)
    return {c["source"]: _wall_clock(c["received_at"]) for c in newest_first}


def _wall_clock(shown: str) -> float:
    """Return the end of the millisecond: the sandbox reports whole milliseconds, cut off."""
    return datetime.fromisoformat(shown).timestamp() + 0.001
