"""Every figure: its name, unit, meaning, goal, and baseline.

The goals are for one machine with two cores that run everything, including the load
generator and the receiver. Events have 1 KB and are durable before the response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.measure.statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """A lower or an upper bound."""

    bound: float
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:,g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the table. `ratio`: one figure divided by the largest of others."""

    name: str
    unit: str
    says: str
    goal: Goal | None = None
    baseline: str = ""  # the figure that it is compared to, from the same run
    ratio: tuple[str, tuple[str, ...]] | None = None
    of_runs: Callable[[Sequence[float]], float] = median


def at_least(bound: float) -> Goal:
    return Goal(bound)


def at_most(bound: float) -> Goal:
    return Goal(bound, at_most=True)


_PROCESSES = ("ingest", "worker", "database", "beat", "broker", "sandbox", "load")
_LIBRARY = ("library_as_it_comes_events_per_s", "library_tuned_events_per_s")
_HELD = "sandbox_alone_events_per_s"

FIGURES = [
    # Ingest to received
    Figure(
        name="batch_events_per_s",
        unit="events/s",
        says="batches of 100 over 100 connections, no budget, sent to received",
        goal=at_least(50_000),
        baseline=_HELD,
    ),
    Figure(
        name="batch_over_segment_library",
        unit="x",
        says="the same over the faster of segment-analytics-python's two",
        goal=at_least(5),
        ratio=("batch_events_per_s", _LIBRARY),
    ),
    Figure(
        name="batch_over_row_task_post",
        unit="x",
        says="the same over a row, a task and a POST per event",
        goal=at_least(250),
        ratio=("batch_events_per_s", ("row_task_post_batch_events_per_s",)),
    ),
    Figure(
        name="budget_ceiling_share",
        unit="share",
        says="of 25 MB/s, backlogged under 50 requests/s",
        goal=at_least(0.97),
    ),
    Figure(
        name="budget_events_per_s",
        unit="events/s",
        says="batches of 100 under 50 requests/s, sent to received",
        baseline="batch_events_per_s",
    ),
    Figure(
        name="accepted_events_per_s",
        unit="events/s",
        says="events that ingest accepted meanwhile",
        baseline="copy_alone_events_per_s",
    ),
    Figure(
        name="mean_requests_per_second_backlogged",
        unit="requests/s",
        says="received in the middle of a backlog",
        goal=at_least(49),
    ),
    Figure(
        name="worst_sliding_second",
        unit="requests",
        says="the most in any second at the receiver, of all runs under the budget",
        goal=at_most(50),
        of_runs=max,
    ),
    Figure(
        name="single_events_per_s",
        unit="events/s",
        says="single events from 256 clients under 50 requests/s, sent to received",
        goal=at_least(14_000),
        baseline="row_task_post_single_events_per_s",
    ),
    Figure(
        name="single_over_row_task_post",
        unit="x",
        says="the same over a row, a task and a POST per event",
        goal=at_least(90),
        ratio=("single_events_per_s", ("row_task_post_single_events_per_s",)),
    ),
    # Latency
    Figure(
        name="latency_p50_ms",
        unit="ms",
        says="sent to received, 40 events/s over 1,000 connections",
        goal=at_most(10),
        baseline="row_task_post_latency_p50_ms",
    ),
    Figure(
        name="latency_p99_ms",
        unit="ms",
        says="the same, 99 of 100 events",
        goal=at_most(40),
        baseline="row_task_post_latency_p99_ms",
    ),
    Figure(
        name="acknowledged_p50_ms",
        unit="ms",
        says="sent to response, the same load",
        goal=at_most(3),
        baseline="row_task_post_acknowledged_p50_ms",
    ),
    Figure(
        name="acknowledged_p99_ms",
        unit="ms",
        says="the same, 99 of 100 events",
        baseline="row_task_post_acknowledged_p99_ms",
    ),
    # Fairness
    Figure(
        name="fairness_p50_ms",
        unit="ms",
        says="sent to received, 20 events/s over 500 connections beside a backlog of"
        " 1,000,000 and three in trouble",
        goal=at_most(60),
        baseline="fairness_alone_p50_ms",
    ),
    Figure(
        name="fairness_p99_ms",
        unit="ms",
        says="the same, 99 of 100 events",
        goal=at_most(150),
        baseline="fairness_alone_p99_ms",
    ),
    Figure(
        name="fairness_alone_p50_ms",
        unit="ms",
        says="the same 500 connections without the others",
    ),
    Figure(
        name="fairness_alone_p99_ms",
        unit="ms",
        says="the same, 99 of 100 events",
    ),
    Figure(
        name="fairness_backlog_share",
        unit="share",
        says="of 50 requests/s, for the backlog",
    ),
    Figure(
        name="fairness_requests_per_s",
        unit="requests/s",
        says="of all of them together",
    ),
    # Cost of an event
    Figure(
        name="cpu_us_per_event",
        unit="µs",
        says="processor time of all our processes, batches of 100, no budget",
        baseline="row_task_post_cpu_us_per_event",
    ),
    *(
        Figure(
            name=f"{process}_cpu_us_per_event",
            unit="µs",
            says=f"processor time of {process}, batches of 100, no budget",
        )
        for process in _PROCESSES
    ),
    Figure(
        name="check_us_per_event",
        unit="µs",
        says="processor time to check an event of 1,000 bytes against the Spec",
        baseline="read_us_per_event",
    ),
    Figure(
        name="check_over_decode",
        unit="x",
        says="the same, over bare decoding by msgspec",
        goal=at_most(1),
        ratio=("check_us_per_event", ("decode_us_per_event",)),
    ),
    Figure(
        name="decode_us_per_event",
        unit="µs",
        says="processor time of msgspec to decode the same event",
    ),
    Figure(
        name="read_us_per_event",
        unit="µs",
        says="of ingest to read it: decode it and check its structure",
    ),
    *(
        Figure(
            name=f"checking_{mode}_events_per_s",
            unit="events/s",
            says=f"sent to response, batches of 100, no worker; {words}",
            baseline="" if mode == "off" else "checking_off_events_per_s",
        )
        for mode, words in (
            ("off", "events are not checked"),
            ("warn", "checked against Spec and plan, sent in any case"),
            ("reject", "checked against both, rejected on an error"),
        )
    ),
    *(
        Figure(
            name=f"checking_{mode}_cpu_us_per_event",
            unit="µs",
            says=f"processor time of ingest, the same load, mode {mode}",
            baseline="" if mode == "off" else "checking_off_cpu_us_per_event",
        )
        for mode in ("off", "warn", "reject")
    ),
    *(
        Figure(
            name=f"checking_{mode}_over_off",
            unit="x",
            says=f"the mode {mode} over events that are not checked",
            ratio=(f"checking_{mode}_events_per_s", ("checking_off_events_per_s",)),
        )
        for mode in ("warn", "reject")
    ),
    Figure(
        name="sql_statements_per_event",
        unit="statements",
        says="of all processes, batches of 100, sent to received",
        goal=at_most(0.1),
        baseline="row_task_post_sql_statements_per_event",
    ),
    Figure(
        name="wal_bytes_per_event_appended",
        unit="bytes",
        says="of WAL to store an event of 1,000 bytes",
        baseline="row_task_post_wal_bytes_per_event_appended",
    ),
    Figure(
        name="wal_bytes_per_event_delivered",
        unit="bytes",
        says="of WAL beyond that, to deliver it",
        goal=at_most(10),
        baseline="row_task_post_wal_bytes_per_event_delivered",
    ),
    *(
        Figure(
            name=f"{process}_peak_mib",
            unit="MiB",
            says=f"most memory of {process}, 1,000,000 queued events",
            goal=at_most(150) if process == "worker" else None,
            baseline="row_task_post_worker_peak_mib" if process == "worker" else "",
        )
        for process in ("worker", "ingest", "database", "beat", "broker")
    ),
    # Growth: processor time of all our processes per event, large end over small end
    Figure(
        name="cost_100k_connections_over_100",
        unit="x",
        says="cost per event, 100,000 connections over 100",
        goal=at_most(2),
    ),
    Figure(
        name="cost_1m_backlog_over_100k",
        unit="x",
        says="cost per event delivered, 1,000,000 queued over 100,000",
    ),
    Figure(
        name="cost_10kb_over_300b",
        unit="x",
        says="cost per event, 10 KB over 0.3 KB",
    ),
    Figure(
        name="cost_10m_retained_over_100k",
        unit="x",
        says="cost per event, 10,000,000 retained over 100,000",
        goal=at_most(1.2),
    ),
    # The small installation
    Figure(
        name="sqlite_batch_events_per_s",
        unit="events/s",
        says="batch_events_per_s on SQLite with the embedded broker",
        baseline="batch_events_per_s",
    ),
    Figure(
        name="sqlite_single_events_per_s",
        unit="events/s",
        says="single_events_per_s on SQLite with the embedded broker",
        baseline="single_events_per_s",
    ),
    # Baselines
    Figure(
        name="copy_alone_events_per_s",
        unit="events/s",
        says="binary COPY of the same rows, and nothing else",
    ),
    Figure(
        name="sandbox_alone_events_per_s",
        unit="events/s",
        says="the receiver fed by a raw socket, gzip bodies of 450 events",
    ),
    *(
        Figure(
            name=f"library_{how}_events_per_s",
            unit="events/s",
            says=f"segment-analytics-python {words}, kept only in memory",
        )
        for how, words in (
            ("as_it_comes", "with its defaults"),
            ("tuned", "with 4 threads and batches of 400"),
        )
    ),
    *(
        Figure(name=f"row_task_post_{what}", unit=unit, says=f"that design: {words}")
        for what, unit, words in (
            ("batch_events_per_s", "events/s", "batches of 100"),
            ("single_events_per_s", "events/s", "single events"),
            ("latency_p50_ms", "ms", "sent to received"),
            ("latency_p99_ms", "ms", "the same, 99 of 100"),
            ("acknowledged_p50_ms", "ms", "sent to response"),
            ("acknowledged_p99_ms", "ms", "the same, 99 of 100"),
            ("cpu_us_per_event", "µs", "processor time, batches of 100"),
            ("worker_peak_mib", "MiB", "most memory of one of its two workers"),
            ("sql_statements_per_event", "statements", "batches of 100"),
            ("wal_bytes_per_event_appended", "bytes", "to take an event"),
            ("wal_bytes_per_event_delivered", "bytes", "to deliver it"),
        )
    ),
]


def figures_of(runs: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Yield each figure that the runs allow, in the order of the table."""
    found = {f.name: f.of_runs(runs[f.name]) for f in FIGURES if runs.get(f.name)}
    for figure in FIGURES:
        if figure.ratio is None:
            continue
        over, under = figure.ratio
        others = [found[name] for name in under if name in found]
        if over in found and others:
            found[figure.name] = found[over] / max(others)
    return {f.name: found[f.name] for f in FIGURES if f.name in found}
