"""What a row is given: the servers, how much to do, and where to note what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.notes import Notes

if TYPE_CHECKING:
    from bench.ground import Ground
    from bench.plan import Plan


@dataclass(slots=True)
class Benchmark:
    postgres: Ground
    sqlite: Ground  # with the embedded broker
    plan: Plan
    notes: Notes = field(default_factory=Notes)
