"""Figures of throughput, latency and fairness."""

from __future__ import annotations

from bench.output.figure import Figure, at_least, at_most

_LIBRARY = ("library_as_it_comes_events_per_s", "library_tuned_events_per_s")

THROUGHPUT = [
    Figure(
        name="batch_events_per_s",
        unit="events/s",
        says="batches of 100 over 100 connections, no budget, sent to received",
        goal=at_least(50_000),
        baseline="sandbox_alone_events_per_s",
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
]

LATENCY = [
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
]

FAIRNESS = [
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
]

SQLITE = [
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
]
