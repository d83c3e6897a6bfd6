"""The baseline of bench/baselines/row_task_post.py, measured like the portal."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench.harness.portal import Portal, portal
from bench.harness.run import batches, job, send, singles
from bench.measure.database import log_statements
from bench.rows import cost, latency
from streams.devtools.first_run.processes import SENDS, TAKES_WORK, Service, worker_name
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.harness.benchmark import Benchmark

MODULE = "bench.baselines.row_task_post"
DESIGN = "row_task_post_"  # the start of its figures' names


def measure(bench: Benchmark) -> None:
    plan = bench.plan
    with _portal(bench) as running:
        _start_view(running)
        _start_worker(running)
        for _ in range(plan.runs):
            run = send(
                running, batches(running, plan.simple_requests // 100, **_to(running))
            )
            bench.notes.add(f"{DESIGN}batch_events_per_s", run.events_per_s)
            bench.notes.add(f"{DESIGN}cpu_us_per_event", run.our_us_per_event)
        for _ in range(plan.runs):
            run = send(running, singles(running, plan.simple_requests, **_to(running)))
            bench.notes.add(f"{DESIGN}single_events_per_s", run.events_per_s)
        for _ in range(plan.runs):
            rate = latency.EVENTS_PER_S
            events = int(rate * plan.latency_s)
            work = job(
                running, events, clients=latency.CLIENTS, rate=rate, **_to(running)
            )
            latency.note(bench, running, work, DESIGN)
        peak = running.meter().peak_mib()["worker"]
        bench.notes.add(f"{DESIGN}worker_peak_mib", peak)


def measure_cost(bench: Benchmark) -> None:
    plan = bench.plan
    with _portal(bench) as running:
        log_statements(bench.postgres, running.database_url)
        _start_view(running)
        for _ in range(plan.runs):
            work = batches(running, plan.simple_requests // 100, **_to(running))
            cost.note_wal(bench, running, work, lambda: _start_worker(running), DESIGN)
        _start_worker(running)
        for _ in range(plan.runs):
            work = batches(running, plan.simple_requests // 100, **_to(running))
            cost.note_statements(bench, running, work, DESIGN)


@contextmanager
def _portal(bench: Benchmark) -> Iterator[Portal]:
    with portal(bench.postgres, connections=1) as running:
        subprocess.run(
            [sys.executable, "-m", MODULE], cwd=ROOT, env=running.environ, check=True
        )
        yield running


def _to(running: Portal) -> dict[str, Any]:
    return {"keys_file": str(running.servers.write_keys_file())}


def _start_view(running: Portal) -> None:
    address = f"--bind={running.layout.address('ingest')}"
    argv = [
        *(sys.executable, "-m", "gunicorn", f"{MODULE}:application", address),
        *("--no-control-socket", "--worker-class=gthread", "--threads=8"),
        # A busy client keeps its connection, as with the portal's ingest.
        *("--worker-connections=1000", "--keep-alive=10", "--log-level=warning"),
    ]
    running.start(Service(name="ingest", argv=argv, env={}, stop_turn=TAKES_WORK))
    running.until_listens("ingest")


def _start_worker(running: Portal) -> None:
    argv = [
        *(sys.executable, "-m", "celery", f"--app={MODULE}", "worker"),
        *("--concurrency=2", f"--hostname={worker_name()}", "--loglevel=WARNING"),
    ]
    running.start(Service(name="worker", argv=argv, env={}, stop_turn=SENDS))
    running.wait_for_worker()
