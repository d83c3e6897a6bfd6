"""How much of everything is measured: `make bench` and `make bench-full`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    runs: int = 3
    connections: int = 100  # of a row that does not say otherwise
    batch_requests: int = 1_000  # of 100 events
    budget_seconds: int = 10  # of work, in rows under the budget
    single_requests: int = 20_000
    latency_s: int = 12


QUICK = Plan()
FULL = Plan(
    runs=5,
    batch_requests=10_000,
    budget_seconds=60,
    single_requests=300_000,
    latency_s=60,
)
