"""From request sent to event received: how many a second, and what each costs."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.far_end import Sample, receive, steady
from bench.load import Job, Report
from bench.portal import Portal, Sending, portal

if TYPE_CHECKING:
    from bench.ground import Ground
    from bench.notes import Notes
    from bench.plan import Plan

BATCH = 100
BATCH_CLIENTS = 32
SINGLE_CLIENTS = 256
CEILING_BYTES_PER_S = 50 * 500_000  # what Segment's limits allow a tool
OURS = ("ingest", "worker", "beat", "database", "broker")

_prefixes = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One job, from the first byte sent to the last event received."""

    events: int
    seconds: float
    samples: list[Sample]
    report: Report
    cpu_s: dict[str, float]

    @property
    def events_per_s(self) -> float:
        return self.events / self.seconds

    @property
    def cpu_us_per_event(self) -> float:
        """Processor time of all that is ours."""
        return sum(self.cpu_s.get(n, 0.0) for n in OURS) / self.events * 1e6


def batches(running: Portal, requests: int, **changes: object) -> Job:
    return job(running, requests, BATCH_CLIENTS, batch=BATCH, **changes)


def singles(running: Portal, requests: int) -> Job:
    return job(running, requests, SINGLE_CLIENTS)


def job(running: Portal, requests: int, clients: int, **changes: object) -> Job:
    """A job for the ingest, to all connections in turn, with ids of its own."""
    usual = {
        "port": running.layout.ports["ingest"],
        "keys_file": str(running.keys_file),
        "prefix": f"bench-{next(_prefixes):020d}",
        "requests": requests,
        "clients": clients,
    }
    return Job(**{**usual, **changes})


def send(running: Portal, what: Job) -> Run:
    """Do a job and wait until Segment has every event of it."""
    running.sandbox.reset()
    meter = running.meter()
    sending = Sending(what)
    events = what.requests * max(1, what.batch)
    samples = receive(running.sandbox, events)
    cpu_s = meter.cpu_s()
    report = sending.report()
    seconds = samples[-1].at - report.began_at
    return Run(
        events=events, seconds=seconds, samples=samples, report=report, cpu_s=cpu_s
    )


def without_budget(ground: Ground, plan: Plan, notes: Notes) -> None:
    with portal(ground, connections=plan.connections) as running:
        running.start_all(budget=False)
        send(running, batches(running, plan.batch_requests // 10))
        for _ in range(plan.runs):
            run = send(running, batches(running, plan.batch_requests))
            notes.add("batch_events_per_s", run.events_per_s)
            for name, seconds in run.cpu_s.items():
                notes.add(f"{name}_cpu_us_per_event", seconds / run.events * 1e6)


def under_budget(ground: Ground, plan: Plan, notes: Notes) -> None:
    with portal(ground, connections=plan.connections) as running:
        running.start_all()
        events = int(CEILING_BYTES_PER_S / 1_100 * plan.budget_seconds)
        for _ in range(plan.runs):
            run = send(running, batches(running, events // BATCH))
            first, last = steady(run.samples)
            seconds = last.at - first.at
            carried = (last.events - first.events) * running.event_bytes()
            notes.add("budget_ceiling_share", carried / seconds / CEILING_BYTES_PER_S)
            notes.add("budget_events_per_s", run.events_per_s)
            requests = (last.requests - first.requests) / seconds
            notes.add("mean_requests_per_second_backlogged", requests)
            notes.add("worst_sliding_second", run.samples[-1].worst_second)
            accepted = run.report.ended_at - run.report.began_at
            notes.add("accepted_events_per_s", run.events / accepted)


def single_events(ground: Ground, plan: Plan, notes: Notes) -> None:
    with portal(ground, connections=plan.connections) as running:
        running.start_all()
        send(running, singles(running, plan.single_requests // 10))
        for _ in range(plan.runs):
            run = send(running, singles(running, plan.single_requests))
            notes.add("single_events_per_s", run.events_per_s)
            notes.add("worst_sliding_second", run.samples[-1].worst_second)
