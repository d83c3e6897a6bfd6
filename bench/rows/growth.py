"""The cost of an event as each of four things grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.harness.portal import portal
from bench.harness.receiver import receive, take_sample
from bench.harness.run import batches, ours, send

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal

CONNECTIONS = (1, 100, 5_000, 100_000)
BACKLOGS = (10_000, 100_000, 1_000_000)  # events
EVENT_BYTES = (300, 1_000, 10_000)
RETAINED = (100_000, 10_000_000)  # events
RETAINED_BYTES = 150  # each, to measure the indexes instead of the disk
RETAINED_DAYS = 30


def connections(bench: Benchmark) -> None:
    for number in CONNECTIONS:
        with portal(bench.postgres, connections=number) as running:
            running.start_all(budget=False)
            _note_cost(bench, running, "connections", number)
    _note_ends(bench, "connections", 100, 100_000, "cost_100k_connections_over_100")


def sizes(bench: Benchmark) -> None:
    with portal(bench.postgres, connections=bench.plan.connections) as running:
        running.start_all(budget=False)
        for size in EVENT_BYTES:
            # A request can hold 40 of the largest.
            _note_cost(bench, running, "event bytes", size, batch=40, event_bytes=size)
    _note_ends(bench, "event bytes", 300, 10_000, "cost_10kb_over_300b")


def retained(bench: Benchmark) -> None:
    for number in RETAINED:
        with portal(bench.postgres, connections=bench.plan.connections) as running:
            running.fill(number, RETAINED_BYTES, days=RETAINED_DAYS, waiting=False)
            running.start_all(budget=False)
            _note_cost(bench, running, "retained", number)
    _note_ends(bench, "retained", 100_000, 10_000_000, "cost_10m_retained_over_100k")


def _note_cost(
    bench: Benchmark, running: Portal, curve: str, x: float, **changes: int
) -> None:
    plan = bench.plan
    send(running, batches(running, plan.growth_requests // 10, **changes))
    for _ in range(plan.runs):
        run = send(running, batches(running, plan.growth_requests, **changes))
        bench.notes.add_point(curve, x, run.our_us_per_event)


def _note_ends(
    bench: Benchmark, curve: str, small: float, large: float, figure: str
) -> None:
    bench.notes.add(figure, bench.notes.ends(curve, small, large))


def backlog(bench: Benchmark) -> None:
    """Measure the delivery of the first events of a backlog; the last one also memory."""
    with portal(bench.postgres, connections=bench.plan.connections) as running:
        running.halt()
        running.start_all(budget=False)
        for waiting in BACKLOGS:
            for _ in range(bench.plan.runs):
                running.fill(waiting - running.waiting(), 1_000, days=1, waiting=True)
                cost = _cost_of_draining(running, min(waiting, bench.plan.drained))
                bench.notes.add_point("backlog", waiting, cost)
        send_while_all_waits(bench, running)
    # For the smallest, the second until an order is read is a large part.
    _note_ends(bench, "backlog", 100_000, 1_000_000, "cost_1m_backlog_over_100k")


def send_while_all_waits(bench: Benchmark, running: Portal) -> None:
    """Record the peak memory of each process since its start, with the whole backlog."""
    running.lift_halt()
    send(running, batches(running, 50))
    for name, mib in running.meter().peak_mib().items():
        bench.notes.add(f"{name}_peak_mib", mib)


def _cost_of_draining(running: Portal, events: int) -> float:
    """Return our µs per event until that many are received; then halt everything."""
    running.sandbox.reset()
    meter = running.meter()
    running.lift_halt()
    received = receive(running.sandbox, events)[-1].events
    running.halt()
    cost = ours(meter.cpu_s()) / received * 1e6
    _until_quiet(running)
    return cost


def _until_quiet(running: Portal) -> None:
    """Wait until two counts agree: then the requests in progress at the halt have ended."""
    before, now = -1, take_sample(running.sandbox).events
    while now != before:
        time.sleep(1.5)  # longer than it takes to read the order
        before, now = now, take_sample(running.sandbox).events
