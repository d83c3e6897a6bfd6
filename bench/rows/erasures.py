"""The time to erase a person, and the latency of ingest meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.harness.portal import portal
from bench.measure.statistics import percentile
from bench.rows.exports import acknowledged_ms, some_ms, start

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark

EVENTS = 10_000_000  # in the person's feed
EVENT_BYTES = 300
DAYS = 30
CONNECTIONS = 100


def beside_traffic(bench: Benchmark) -> None:
    """Note the seconds of an erasure, and the latency of single events meanwhile and without.

    Once, as for exports.
    """
    with portal(bench.postgres, connections=CONNECTIONS) as running:
        running.fill(EVENTS, EVENT_BYTES, days=DAYS, waiting=False, feeds=1)
        running.start_all()
        acknowledged_ms(bench, running)  # the first requests of new processes are slow
        alone_ms = some_ms(bench, running)
        erasure = start(running, "bench.load.erasures")
        beside_ms: list[float] = []
        while erasure.poll() is None:
            beside_ms += acknowledged_ms(bench, running)
        assert erasure.stdout is not None
        done = json.load(erasure.stdout)
        alone_ms += some_ms(bench, running)
        bench.notes.add("erasure_s", done["seconds"])
        bench.notes.add("without_erasure_p99_ms", percentile(alone_ms, 0.99))
        bench.notes.add("beside_erasure_p99_ms", percentile(beside_ms, 0.99))
