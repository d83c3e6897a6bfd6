"""Figures of the baselines, which the portal is compared to."""

from __future__ import annotations

from bench.output.figure import Figure

BASELINES = [
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
