"""The latency of ingest while a worker writes an export."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.harness.portal import portal
from bench.harness.run import job, send
from bench.measure.statistics import percentile
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal

EVENTS = 1_000_000  # in the exported feed
EVENT_BYTES = 1_000
DAYS = 30
CONNECTIONS = 100
EVENTS_PER_S = 100.0
CLIENTS = 20


def beside_traffic(bench: Benchmark) -> None:
    """Note the latency of single events during an export of a whole feed, and without one.

    Once, because an export of this size takes minutes. Half of the events without one are sent
    before it and half after it, because a machine's speed changes within minutes.
    """
    with portal(bench.postgres, connections=CONNECTIONS) as running:
        running.fill(EVENTS, EVENT_BYTES, days=DAYS, waiting=False, feeds=1)
        running.start_all()
        acknowledged_ms(bench, running)  # the first requests of new processes are slow
        alone_ms = some_ms(bench, running)
        export = start(running, "bench.load.exports")
        beside_ms: list[float] = []
        while export.poll() is None:
            beside_ms += acknowledged_ms(bench, running)
        assert export.stdout is not None
        done = json.load(export.stdout)
        alone_ms += some_ms(bench, running)
        bench.notes.add("export_rows_per_s", done["rows"] / done["seconds"])
        bench.notes.add("without_export_p99_ms", percentile(alone_ms, 0.99))
        bench.notes.add("beside_export_p99_ms", percentile(beside_ms, 0.99))


def some_ms(bench: Benchmark, running: Portal) -> list[float]:
    return [
        ms for _ in range(bench.plan.runs) for ms in acknowledged_ms(bench, running)
    ]


def acknowledged_ms(bench: Benchmark, running: Portal) -> list[float]:
    events = int(EVENTS_PER_S * bench.plan.latency_s)
    work = job(running, events, clients=CLIENTS, rate=EVENTS_PER_S)
    return send(running, work).report.answer_ms


def start(running: Portal, module: str) -> subprocess.Popen[str]:
    """Run a module of bench/load beside the traffic."""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=running.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
