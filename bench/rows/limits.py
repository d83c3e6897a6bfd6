"""The raw limits, and Segment's own library: what no portal stands between."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench import events
from bench.far_end import receive
from bench.portal import portal
from bench.running import batches, prefix, send
from streams.events.store import EVENT_COLUMNS, EVENT_TYPES
from tests.services.keeper import ROOT

if TYPE_CHECKING:
    from bench.benchmark import Benchmark
    from bench.portal import Portal

COPIED_AT_ONCE = 3_200  # as many as 32 clients send together
EVENTS_IN_A_BODY = 450  # of 1 KB: some 500 KB
AS_IT_COMES = (1, 100)  # threads, events in a request
TUNED = (4, 400)


def copy_alone(bench: Benchmark) -> None:
    """Rows of the event table, with its key and nothing else, a transaction per group."""
    groups = bench.plan.batch_requests * 100 // COPIED_AT_ONCE
    with portal(bench.postgres, connections=1) as running:
        for _ in range(bench.plan.runs):
            rows = _rows(groups * COPIED_AT_ONCE)
            began = time.monotonic()
            _copy(bench, running, rows)
            seconds = time.monotonic() - began
            bench.notes.add("copy_alone_events_per_s", len(rows) / seconds)


def _rows(count: int) -> list[tuple]:
    at, name = datetime.now(UTC), prefix()
    return [
        (
            *(n, 1, at, "track", "Email Opened", "user-1", f"{name}-{n:012d}"),
            events.single_body(n % events.KINDS, 1_000, name) % n,
        )
        for n in range(count)
    ]


def _copy(bench: Benchmark, running: Portal, rows: list[tuple]) -> None:
    # A partition of its own: what an append writes to, without the others beside it.
    with bench.postgres.connect(running.database_url) as connection:
        connection.execute("DROP TABLE IF EXISTS copied")
        connection.execute("CREATE TABLE copied (LIKE streams_event INCLUDING ALL)")
        statement = f"COPY copied ({EVENT_COLUMNS}) FROM STDIN (FORMAT BINARY)"
        for group in itertools.batched(rows, COPIED_AT_ONCE):
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.set_types(EVENT_TYPES)
                for row in group:
                    copy.write_row(row)


def sandbox_alone(bench: Benchmark) -> None:
    """What the receiver itself can take, of bodies that were made beforehand."""
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
    """Events a second, from the first call to the last event received."""
    count = bench.plan.library_events
    running.sandbox.reset()
    write_key = f"BenchWriteKey{0:019d}"
    how = [running.sandbox.url, write_key, prefix(), *map(str, (count, threads, batch))]
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
