"""The keys of a run's connections, which are numbered from 0."""

from __future__ import annotations


def ingest_key(number: int) -> str:
    return f"ik_{number:032d}"


def write_key(number: int) -> str:
    return f"BenchWriteKey{number:019d}"
