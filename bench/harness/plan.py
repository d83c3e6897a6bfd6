"""The amounts of work of `make bench` and `make bench-full`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Sizes of the rows; a batch has 100 events unless its row says otherwise."""

    name: str
    runs: int  # of each row: the median counts
    connections: int  # if a row does not vary them
    batch_requests: int
    budget_s: float  # at Segment's full limit, in rows under the budget
    single_requests: int
    latency_s: float
    fairness_s: float  # the sandbox keeps the last 20 s of requests
    checking_requests: int
    cost_requests: int  # to count statements and WAL
    growth_requests: int  # for each point of a curve
    drained: int  # the most events of a backlog that its cost is measured with
    simple_requests: int  # of single events, with a row, a task and a POST each
    library_events: int


QUICK = Plan(
    name="bench",
    runs=3,
    connections=100,
    batch_requests=1_500,
    budget_s=6.0,
    single_requests=25_000,
    latency_s=8.0,
    fairness_s=7.0,
    checking_requests=300,
    cost_requests=300,
    growth_requests=300,
    drained=30_000,
    simple_requests=100,
    library_events=15_000,
)
FULL = Plan(
    name="bench-full",
    runs=5,
    connections=100,
    batch_requests=10_000,
    budget_s=60.0,
    single_requests=300_000,
    latency_s=60.0,
    fairness_s=15.0,
    checking_requests=3_000,
    cost_requests=2_000,
    growth_requests=5_000,
    drained=500_000,
    simple_requests=5_000,
    library_events=200_000,
)
