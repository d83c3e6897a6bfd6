"""One run: a job sent, and every event of it received."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.harness.portal import Portal, Sending
from bench.harness.receiver import EVERY_S, SELDOM_S, Sample, receive
from bench.load.generator import Job, Report

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCH = 100  # events
BATCH_CLIENTS = 32
SINGLE_CLIENTS = 256
OURS = ("ingest", "worker", "beat", "database", "broker")

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The time from the first byte sent to the last event received."""

    events: int
    seconds: float
    samples: list[Sample]
    report: Report
    cpu_s: dict[str, float]

    @property
    def events_per_s(self) -> float:
        return self.events / self.seconds

    @property
    def our_us_per_event(self) -> float:
        return ours(self.cpu_s) / self.events * 1e6


def ours(cpu_s: Mapping[str, float]) -> float:
    """Return the processor time of the portal and its servers, without load and receiver."""
    return sum(cpu_s.get(name, 0.0) for name in OURS)


def prefix() -> str:
    """Return the prefix of one run's messageIds; with its number, an ID has 36 characters."""
    return f"bench-run-{next(_numbers):013d}"


def batches(running: Portal, requests: int, **changes: Any) -> Job:
    usual = {"clients": BATCH_CLIENTS, "batch": BATCH}
    return job(running, requests, **{**usual, **changes})


def singles(running: Portal, requests: int, **changes: Any) -> Job:
    return job(running, requests, **{"clients": SINGLE_CLIENTS, **changes})


def job(running: Portal, requests: int, **changes: Any) -> Job:
    """Return a job for ingest, to all connections in turn, with new IDs."""
    usual: dict[str, Any] = {
        "port": running.layout.ports["ingest"],
        "keys_file": str(running.keys_file),
        "prefix": prefix(),
        "requests": requests,
    }
    return Job(**{**usual, **changes})


def send(running: Portal, what: Job) -> Run:
    """Run a job and wait until Segment has every event of it."""
    running.sandbox.reset()
    meter = running.meter()
    sending = Sending(what)
    events = what.requests * max(1, what.batch)
    every_s = SELDOM_S if what.rate else EVERY_S
    samples = receive(running.sandbox, events, every_s=every_s)
    report = sending.report()
    return Run(
        events=events,
        seconds=samples[-1].at - report.began_at,
        samples=samples,
        report=report,
        cpu_s={**meter.cpu_s(), "load": report.cpu_s},
    )
