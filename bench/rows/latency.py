"""The latency of an event under light load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.portal import portal
from bench.harness.receiver import received_at
from bench.harness.run import job, send
from bench.measure.statistics import percentile

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal
    from bench.load.generator import Job

CONNECTIONS = 1_000
EVENTS_PER_S = 40.0
CLIENTS = 20  # each is used every half a second; gunicorn closes connections that are idle for two


def light_load(bench: Benchmark) -> None:
    with portal(bench.postgres, connections=CONNECTIONS) as running:
        running.start_all()
        events = int(EVENTS_PER_S * bench.plan.latency_s)
        for _ in range(bench.plan.runs):
            work = job(running, events, clients=CLIENTS, rate=EVENTS_PER_S)
            note(bench, running, work, "")


def note(bench: Benchmark, running: Portal, work: Job, design: str) -> None:
    """Run a paced job; the names of its figures start with `design`."""
    report = send(running, work).report
    came = received_at(running.sandbox)
    took_ms = [
        (came[f"{work.prefix}-{number:012d}"] - sent_at) * 1000
        for number, sent_at in enumerate(report.sent_at)
    ]
    for name, values in (("latency", took_ms), ("acknowledged", report.answer_ms)):
        bench.notes.add(f"{design}{name}_p50_ms", percentile(values, 0.50))
        bench.notes.add(f"{design}{name}_p99_ms", percentile(values, 0.99))
