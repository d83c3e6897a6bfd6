"""Figures of the erasure of a person beside traffic."""

from __future__ import annotations

from bench.output.figure import Figure, at_most

ERASURES = [
    Figure(
        name="erasure_s",
        unit="s",
        says="to erase a person with 100,000 of a feed's 10,000,000 events",
        goal=at_most(300),
    ),
    Figure(
        name="erasure_slows_ingest",
        unit="x",
        says="the p99 of an acknowledgment meanwhile, over without",
        goal=at_most(2),
        ratio=("beside_erasure_p99_ms", ("without_erasure_p99_ms",)),
    ),
    Figure(name="beside_erasure_p99_ms", unit="ms", says="during the erasure"),
    Figure(name="without_erasure_p99_ms", unit="ms", says="without it"),
]
