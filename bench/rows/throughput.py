"""From request sent to event received: events per second, and the cost of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.portal import portal
from bench.harness.receiver import steady
from bench.harness.run import batches, send, singles

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.run import Run

CEILING_BYTES_PER_S = 50 * 500_000  # what Segment's limits allow a tool
STORED_BYTES = (
    1_150  # a little more than a stamped event has, to choose how many to send
)


def without_budget(bench: Benchmark) -> None:
    plan, notes = bench.plan, bench.notes
    with portal(bench.postgres, connections=plan.connections) as running:
        running.start_all(budget=False)
        send(running, batches(running, plan.batch_requests // 10))
        for _ in range(plan.runs):
            run = send(running, batches(running, plan.batch_requests))
            notes.add("batch_events_per_s", run.events_per_s)
            notes.add("cpu_us_per_event", run.our_us_per_event)
            for name, seconds in run.cpu_s.items():
                notes.add(f"{name}_cpu_us_per_event", seconds / run.events * 1e6)


def under_budget(bench: Benchmark) -> None:
    plan, notes = bench.plan, bench.notes
    requests = int(CEILING_BYTES_PER_S * plan.budget_s / STORED_BYTES / 100)
    with portal(bench.postgres, connections=plan.connections) as running:
        running.start_all()
        for _ in range(plan.runs):
            run = send(running, batches(running, requests))
            taken_s = run.report.ended_at - run.report.began_at
            notes.add("budget_events_per_s", run.events_per_s)
            notes.add("accepted_events_per_s", run.events / taken_s)
            _note_backlogged(bench, run, running.event_bytes())


def _note_backlogged(bench: Benchmark, run: Run, event_bytes: float) -> None:
    """Return the events in the middle of the run, while more were queued than sent."""
    first, last = steady(run.samples)
    seconds = last.at - first.at
    carried = (last.events - first.events) * event_bytes
    share = carried / seconds / CEILING_BYTES_PER_S
    bench.notes.add("budget_ceiling_share", share)
    requests = (last.requests - first.requests) / seconds
    bench.notes.add("mean_requests_per_second_backlogged", requests)
    bench.notes.add("worst_sliding_second", run.samples[-1].worst_second)


def single_events(bench: Benchmark) -> None:
    plan, notes = bench.plan, bench.notes
    with portal(bench.postgres, connections=plan.connections) as running:
        running.start_all()
        send(running, singles(running, plan.single_requests // 10))
        for _ in range(plan.runs):
            run = send(running, singles(running, plan.single_requests))
            notes.add("single_events_per_s", run.events_per_s)
            notes.add("worst_sliding_second", run.samples[-1].worst_second)


def small_installation(bench: Benchmark) -> None:
    """Measure the same on SQLite with the embedded broker."""
    plan, notes = bench.plan, bench.notes
    with portal(bench.sqlite, connections=plan.connections) as running:
        running.start_all(budget=False)
        for _ in range(plan.runs):
            run = send(running, batches(running, plan.batch_requests // 4))
            notes.add("sqlite_batch_events_per_s", run.events_per_s)
        running.set_budget(50)
        for _ in range(plan.runs):
            run = send(running, singles(running, plan.single_requests // 4))
            notes.add("sqlite_single_events_per_s", run.events_per_s)
