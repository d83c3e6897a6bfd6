"""The input of a row: the servers, the amount of work, and the place for its samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.measure.samples import Notes

if TYPE_CHECKING:
    from bench.harness.plan import Plan
    from bench.harness.servers import BenchServers


@dataclass(slots=True)
class Benchmark:
    postgres: BenchServers
    sqlite: BenchServers  # with the embedded broker
    plan: Plan
    notes: Notes = field(default_factory=Notes)
