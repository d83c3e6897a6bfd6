"""All figures, in the order of the table.

The goals are for one machine with two cores that run everything, including the load
generator and the receiver. Events have 1 KB and are durable before the response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.output.alert_figures import ALERTS
from bench.output.baseline_figures import BASELINES
from bench.output.cost_figures import COST, GROWTH
from bench.output.erasure_figures import ERASURES
from bench.output.export_figures import EXPORTS
from bench.output.identity_figures import IDENTITY
from bench.output.search_figures import SEARCH
from bench.output.server_figures import SERVERS
from bench.output.speed_figures import FAIRNESS, LATENCY, SQLITE, THROUGHPUT
from bench.output.tracked_user_figures import TRACKED_USERS

FIGURES = [
    *THROUGHPUT,
    *LATENCY,
    *FAIRNESS,
    *COST,
    *GROWTH,
    *SEARCH,
    *EXPORTS,
    *ERASURES,
    *ALERTS,
    *IDENTITY,
    *TRACKED_USERS,
    *SQLITE,
    *BASELINES,
    *SERVERS,
]


def figures_of(runs: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Yield each figure that the runs allow, in the order of the table."""
    found = {f.name: f.of_runs(runs[f.name]) for f in FIGURES if runs.get(f.name)}
    for figure in FIGURES:
        if figure.ratio is None:
            continue
        over, under = figure.ratio
        others = [found[name] for name in under if name in found]
        if over in found and others:
            found[figure.name] = found[over] / max(others)
    return {f.name: found[f.name] for f in FIGURES if f.name in found}
