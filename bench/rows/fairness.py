"""The effect of a huge backlog and of failing connections on small customers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from bench.harness.portal import SEGMENTS_BUDGET, NotReached, Sending, portal
from bench.harness.receiver import EVERY_S, STALL_S, requested_at
from bench.harness.run import batches, job
from bench.load.generator import keys_of
from bench.load.keys import ingest_key, write_key
from bench.measure.statistics import percentile
from streams.sandbox.debugger.event_view import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal
    from bench.load.generator import Job

# Connections, by number. bench/load/backfill.py fills the first one.
BIG = 0
TROUBLES = {1: {"reset": True}, 2: {"status": 429}, 3: {"delay_s": 10}}
SMALL = range(4, 504)
EVENTS_PER_S = 20.0  # of all small ones together: one event each every 25 seconds
CLIENTS = 20
BACKLOG = 1_000_000  # events
BACKLOG_DAYS = 7  # in which it collected
SPREAD = "fairness"
ALONE = "alone"
CROWDED = "beside a huge backlog and three in trouble"


def crowded(bench: Benchmark) -> None:
    events = int(EVENTS_PER_S * bench.plan.fairness_s)
    with portal(bench.postgres, connections=SMALL.stop) as running:
        running.start_all()
        _small_ones(running, int(EVENTS_PER_S), -int(EVENTS_PER_S))  # to warm up
        running.sandbox.reset()
        _note(bench, ALONE, "fairness_alone", _small_ones(running, events, 0))
        running.fill(BACKLOG, 1_000, days=BACKLOG_DAYS, waiting=True, feeds=1)
        Sending(_for_the_troubled(running)).report()
        for run in range(bench.plan.runs):
            running.sandbox.reset()
            running.sandbox.behave(*_rules())
            running.try_again_now()
            began = time.monotonic()
            took_ms = _small_ones(running, events, run * events)
            _note(bench, CROWDED, "fairness", took_ms)
            _note_requests(bench, running, time.monotonic() - began)


def _rules() -> Iterable[dict]:
    """Yield Segment's permanent responses to the failing connections."""
    for number, answer in TROUBLES.items():
        yield {"write_key": write_key(number), "answers": [], "then": answer}


def _for_the_troubled(running: Portal) -> Job:
    """Return a job with about a thousand events for each, so they always have some to send."""
    keys_file = _keys_file(running, TROUBLES)
    return batches(running, 10 * len(TROUBLES), clients=1, keys_file=keys_file)


def _small_ones(running: Portal, events: int, first: int) -> Sequence[float]:
    """Have small ones send `events` in turn; return the ms from sent to received."""
    chosen = [SMALL[(first + n) % len(SMALL)] for n in range(events)]
    work = job(
        running,
        events,
        clients=CLIENTS,
        rate=EVENTS_PER_S,
        keys_file=_keys_file(running, chosen),
    )
    sent_at = Sending(work).report().sent_at
    numbers = {ingest_key(n): source_of(write_key(n)) for n in chosen}
    keys = [numbers[key] for key in keys_of(work)]
    came = _until_received(running, set(keys))
    return [(came[k] - at) * 1000 for k, at in zip(keys, sent_at, strict=True)]


def _until_received(running: Portal, keys: set[str]) -> dict[str, float]:
    """Return when the request of each arrived. Raises NotReached if one does not."""
    give_up = time.monotonic() + STALL_S
    while keys - (came := requested_at(running.sandbox)).keys():
        if time.monotonic() > give_up:
            raise NotReached(f"{len(keys - came.keys())} events were not received")
        time.sleep(EVERY_S)
    return came


def _keys_file(running: Portal, numbers: Iterable[int]) -> str:
    file: Path = running.servers.folder / "keys-of-some.json"
    file.write_text(json.dumps([ingest_key(number) for number in numbers]))
    return str(file)


def _note(bench: Benchmark, case: str, figure: str, took_ms: Sequence[float]) -> None:
    bench.notes.add(f"{figure}_p50_ms", percentile(took_ms, 0.50))
    bench.notes.add(f"{figure}_p99_ms", percentile(took_ms, 0.99))
    bench.notes.add_spread(SPREAD, case, took_ms)


def _note_requests(bench: Benchmark, running: Portal, seconds: float) -> None:
    stats = running.sandbox.stats()
    of_backlog = stats["by_key"][source_of(write_key(BIG))]["requests"]
    share = of_backlog / seconds / SEGMENTS_BUDGET
    bench.notes.add("fairness_backlog_share", share)
    bench.notes.add("fairness_requests_per_s", stats["requests"] / seconds)
    bench.notes.add("worst_sliding_second", stats["worst_second"])
