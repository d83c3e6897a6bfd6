"""The cost of validating every event at ingest against the Spec and the stream's plan."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench.harness.portal import Sending, portal
from bench.harness.run import batches

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal

MODES = ("off", "warn", "reject")


def measure(bench: Benchmark) -> None:
    """Measure sent to response without a worker, with a portal for each mode in turn."""
    plan = bench.plan
    with ExitStack() as stack:
        portals = {
            mode: stack.enter_context(
                portal(bench.postgres, connections=plan.connections)
            )
            for mode in MODES
        }
        for mode, running in portals.items():
            running.set_check_mode(mode)
            running.start_ingest()
        for _ in range(plan.runs):
            for mode, running in portals.items():
                _note(bench, running, plan.checking_requests, mode)


def _note(bench: Benchmark, running: Portal, requests: int, mode: str) -> None:
    work = batches(running, requests)
    events = work.requests * work.batch
    meter = running.meter()
    report = Sending(work).report()
    ingest_s = meter.cpu_s()["ingest"]
    per_s = events / (report.ended_at - report.began_at)
    bench.notes.add(f"checking_{mode}_events_per_s", per_s)
    bench.notes.add(f"checking_{mode}_cpu_us_per_event", ingest_s / events * 1e6)
