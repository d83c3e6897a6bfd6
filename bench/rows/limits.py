"""The limits without a portal: the raw receiver and database, and Segment's own library."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from bench.baselines import copy_alone as baseline
from bench.harness.portal import portal
from bench.harness.receiver import receive
from bench.harness.run import batches, prefix, send
from bench.load.keys import write_key
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal

EVENTS_IN_A_BODY = 450  # of 1 KB: about 500 KB
AS_IT_COMES = (1, 100)  # threads, events in a request
TUNED = (4, 400)


def copy_alone(bench: Benchmark) -> None:
    groups = bench.plan.batch_requests * 100 // baseline.AT_ONCE
    with bench.postgres.connect() as connection:
        for _ in range(bench.plan.runs):
            speed = baseline.events_per_s(connection, groups, prefix())
            bench.notes.add("copy_alone_events_per_s", speed)


def sandbox_alone(bench: Benchmark) -> None:
    """Measure the receiver alone, with bodies that are built in advance."""
    requests = bench.plan.batch_requests * 100 // EVENTS_IN_A_BODY
    with portal(bench.postgres, connections=1) as running:
        for _ in range(bench.plan.runs):
            work = batches(
                running,
                requests,
                batch=EVENTS_IN_A_BODY,
                gzipped=True,
                clients=4,
                port=running.layout.ports["sandbox"],
                keys_file=str(bench.postgres.write_keys_file()),
            )
            run = send(running, work)
            bench.notes.add("sandbox_alone_events_per_s", run.events_per_s)


def segment_library(bench: Benchmark) -> None:
    with portal(bench.postgres, connections=1) as running:
        for _ in range(bench.plan.runs):
            as_it_comes = _library(bench, running, *AS_IT_COMES)
            bench.notes.add("library_as_it_comes_events_per_s", as_it_comes)
            tuned = _library(bench, running, *TUNED)
            bench.notes.add("library_tuned_events_per_s", tuned)


def _library(bench: Benchmark, running: Portal, threads: int, batch: int) -> float:
    """Return events per second, from the first call to the last event received."""
    count = bench.plan.library_events
    running.sandbox.reset()
    how = [
        running.sandbox.url,
        write_key(0),
        prefix(),
        *map(str, (count, threads, batch)),
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "bench.baselines.segment_library", *how],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as sending:
        assert sending.stdout is not None
        began = float(sending.stdout.readline())
        ended = receive(running.sandbox, count)[-1].at
    return count / (ended - began)
