"""The rows of the benchmark: a function each, which records the figures of every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.rows import (
    alerts,
    check,
    checking,
    cost,
    erasures,
    exports,
    fairness,
    growth,
    http_servers,
    identity,
    latency,
    limits,
    row_task_post,
    search,
    throughput,
    tracked_users,
)

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark

# Each next to its baselines, because the machine's speed changes within minutes.
ROWS: dict[str, Callable[[Benchmark], None]] = {
    "copy": limits.copy_alone,
    "sandbox": limits.sandbox_alone,
    "batch": throughput.without_budget,
    "library": limits.segment_library,
    "budget": throughput.under_budget,
    "single": throughput.single_events,
    "latency": latency.light_load,
    "fairness": fairness.crowded,
    "check": check.measure,
    "checking": checking.measure,
    "row-task-post": row_task_post.measure,
    "statements": cost.statements,
    "wal": cost.wal,
    "row-task-post-cost": row_task_post.measure_cost,
    "sqlite": throughput.small_installation,
    "connections": growth.connections,
    "sizes": growth.sizes,
    "retained": growth.retained,
    "backlog": growth.backlog,
    "search": search.measure,
    "exports": exports.beside_traffic,
    "erasures": erasures.beside_traffic,
    "alerts": alerts.measure,
    "identity": identity.measure,
    "tracked_users": tracked_users.measure,
}
# Rows that run only if they are named, because they need packages of their own.
ON_DEMAND: dict[str, Callable[[Benchmark], None]] = {"servers": http_servers.measure}
