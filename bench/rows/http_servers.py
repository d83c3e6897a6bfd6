"""Ingest's own HTTP server against uvicorn and Granian, with the same application."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bench.harness.portal import Sending, portal
from bench.harness.run import batches, singles
from bench.measure.statistics import percentile
from streams.devtools.first_run.installation import HOST
from streams.devtools.first_run.processes import TAKES_WORK, Service
from streams.devtools.first_run.readiness import http

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal
    from bench.load.generator import Job

MODULE = "bench.baselines.other_servers"
# One process, no access log, and connections that stay open as long as ours do.
UVICORN = (
    *("uvicorn", f"{MODULE}:asgi", f"--host={HOST}", "--http=httptools"),
    *("--loop=uvloop", "--lifespan=off", "--ws=none", "--no-access-log"),
    *("--log-level=warning", "--timeout-keep-alive=75", "--no-server-header"),
)
GRANIAN = (
    *("granian", "--host", HOST, "--workers", "1", "--loop", "uvloop", "--no-ws"),
    *("--http", "1", "--log-level", "warning"),
)
SERVERS = {
    "ours": (),
    "uvicorn": UVICORN,
    "granian_asgi": (*GRANIAN, "--interface", "asginl", f"{MODULE}:asgi"),
    "granian_rsgi": (*GRANIAN, "--interface", "rsgi", f"{MODULE}:rsgi"),
}
NEEDED = ("granian", "uvicorn", "uvloop")


class NotInstalled(RuntimeError):
    """The other servers are not installed. The message says how to install them."""


def measure(bench: Benchmark) -> None:
    """Measure sent to response without a worker; the servers take turns in each round."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        install = "python scripts/environment.py bench"
        raise NotInstalled(f"No {', '.join(missing)}. To install them: {install}")
    plan = bench.plan
    with ExitStack() as stack:
        portals = {}
        for name, argv in SERVERS.items():
            running = portal(bench.postgres, connections=plan.connections)
            portals[name] = stack.enter_context(running)
            _start(portals[name], argv)
            Sending(singles(portals[name], 1_000)).report()
        for _ in range(plan.runs):
            for name, running in portals.items():
                _note(bench, running, singles(running, plan.single_requests), name)
            for name, running in portals.items():
                _note(bench, running, batches(running, plan.checking_requests), name)


def _start(running: Portal, argv: tuple[str, ...]) -> None:
    if not argv:
        running.start_ingest()
        return
    port = str(running.layout.ports["ingest"])
    program = [sys.executable, "-m", *argv, "--port", port]
    running.start(Service(name="ingest", argv=program, env={}, stop_turn=TAKES_WORK))
    running.until_answers("ingest", http(running.layout.url("ingest") + "/healthz"))


def _note(bench: Benchmark, running: Portal, work: Job, server: str) -> None:
    meter = running.meter()
    report = Sending(work).report()
    cpu_us = meter.cpu_s()["ingest"] * 1e6
    figure = f"server_{server}_{'batch' if work.batch else 'single'}"
    bench.notes.add(f"{figure}_cpu_us", cpu_us / (work.requests * max(1, work.batch)))
    for name, share in (("p50", 0.50), ("p99", 0.99)):
        bench.notes.add(f"{figure}_{name}_ms", percentile(report.answer_ms, share))
