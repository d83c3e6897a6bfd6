"""Figures of an export beside traffic."""

from __future__ import annotations

from bench.output.figure import Figure, at_most

EXPORTS = [
    Figure(
        name="export_slows_ingest",
        unit="x",
        says="the p99 of an acknowledgment during an export of 1,000,000 events, over without",
        goal=at_most(2),
        ratio=("beside_export_p99_ms", ("without_export_p99_ms",)),
    ),
    Figure(name="beside_export_p99_ms", unit="ms", says="during the export"),
    Figure(name="without_export_p99_ms", unit="ms", says="without it"),
    Figure(name="export_rows_per_s", unit="rows/s", says="of the export"),
]
