"""Figures of processor time, statements, WAL and memory."""

from __future__ import annotations

from bench.output.figure import Figure, at_most

_PROCESSES = ("ingest", "worker", "database", "beat", "broker", "sandbox", "load")

COST = [
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
]

# Processor time of all our processes per event, the large end over the small end.
GROWTH = [
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
]
