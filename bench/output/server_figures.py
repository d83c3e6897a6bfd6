"""Figures of other HTTP servers, which ingest's own is compared to."""

from __future__ import annotations

from bench.output.figure import Figure

_LOADS = {"single": "single events, 256 clients", "batch": "batches of 100, 32 clients"}

SERVERS = [
    Figure(
        name=f"server_{server}_{load}_{what}",
        unit=unit,
        says=f"{words}, {_LOADS[load]}, behind {server}",
        baseline="" if server == "ours" else f"server_ours_{load}_{what}",
    )
    for load in _LOADS
    for what, unit, words in (
        ("cpu_us", "µs", "processor time of ingest per event"),
        ("p50_ms", "ms", "sent to response"),
        ("p99_ms", "ms", "the same, 99 of 100 requests"),
    )
    for server in ("ours", "uvicorn", "granian_asgi", "granian_rsgi")
]
