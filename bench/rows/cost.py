"""The cost of an event for the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.portal import Sending, portal
from bench.harness.receiver import receive
from bench.harness.run import batches, send
from bench.measure.database import StatementCount, log_statements, wal_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal
    from bench.load.generator import Job


def statements(bench: Benchmark) -> None:
    plan = bench.plan
    with portal(bench.postgres, connections=plan.connections) as running:
        log_statements(bench.postgres, running.database_url)
        running.start_all(budget=False)
        for _ in range(plan.runs):
            work = batches(running, plan.cost_requests)
            note_statements(bench, running, work, "")


def note_statements(bench: Benchmark, running: Portal, work: Job, design: str) -> None:
    """Measure from the first request to the last event received."""
    count = StatementCount(bench.postgres)
    run = send(running, work)
    name = f"{design}sql_statements_per_event"
    bench.notes.add(name, count.so_far() / run.events)


def wal(bench: Benchmark) -> None:
    plan = bench.plan
    with portal(bench.postgres, connections=plan.connections) as running:
        running.start_ingest()

        def deliver() -> None:
            running.start_worker(budget=False)
            running.start_beat()

        for _ in range(plan.runs):
            work = batches(running, plan.cost_requests)
            note_wal(bench, running, work, deliver, "")
            running.stop("beat")


def note_wal(
    bench: Benchmark,
    running: Portal,
    work: Job,
    deliver: Callable[[], None],
    design: str,
) -> None:
    """Store all events without a worker; then start one with `deliver`."""
    running.sandbox.reset()
    events = work.requests * max(1, work.batch)
    at_first = wal_bytes(bench.postgres)
    Sending(work).report()
    taken = wal_bytes(bench.postgres)
    deliver()
    receive(running.sandbox, events)
    running.stop("worker")  # it writes the last results first
    delivered = wal_bytes(bench.postgres)
    name = f"{design}wal_bytes_per_event"
    bench.notes.add(f"{name}_appended", (taken - at_first) / events)
    bench.notes.add(f"{name}_delivered", (delivered - taken) / events)
