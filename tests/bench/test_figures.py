"""The table of figures: what is measured, and how figures follow from the runs."""

from __future__ import annotations

import pytest

from bench.output.figure import at_least, at_most
from bench.output.figures import FIGURES, figures_of

# The figures that readers of bench/results/latest.json rely on.
PROMISED = {
    "budget_ceiling_share",
    "batch_over_segment_library",
    "batch_over_row_task_post",
    "single_over_row_task_post",
    "latency_p50_ms",
    "latency_p99_ms",
    "sql_statements_per_event",
    "wal_bytes_per_event_delivered",
    "cost_100k_connections_over_100",
    "cost_10m_retained_over_100k",
    "worker_peak_mib",
    "worst_sliding_second",
    "mean_requests_per_second_backlogged",
    "fairness_p50_ms",
    "fairness_p99_ms",
}


def test_every_promised_figure_is_in_the_table_once():
    names = [figure.name for figure in FIGURES]

    assert len(names) == len(set(names))
    assert set(names) >= PROMISED


def test_a_baseline_is_always_a_figure_of_the_table():
    names = {figure.name for figure in FIGURES}

    named = {figure.baseline for figure in FIGURES if figure.baseline}
    for figure in FIGURES:
        if figure.ratio:
            named |= {figure.ratio[0], *figure.ratio[1]}

    assert named - names == set()


def test_a_figure_is_the_median_of_its_runs_but_the_worst_second_is_the_maximum():
    runs = {"latency_p50_ms": [9.0, 4.0, 5.0], "worst_sliding_second": [50, 51, 49]}

    assert figures_of(runs) == {"latency_p50_ms": 5.0, "worst_sliding_second": 51}


def test_a_ratio_is_relative_to_the_better_baseline():
    runs = {
        "batch_events_per_s": [60_000.0],
        "library_as_it_comes_events_per_s": [10_000.0],
        "library_tuned_events_per_s": [12_000.0],
    }

    assert figures_of(runs)["batch_over_segment_library"] == 5.0


def test_a_ratio_without_its_baseline_is_omitted():
    assert figures_of({"batch_events_per_s": [60_000.0]}) == {
        "batch_events_per_s": 60_000.0
    }


@pytest.mark.parametrize(
    ("goal", "text", "met", "missed"),
    [(at_least(0.97), "≥ 0.97", 0.97, 0.96), (at_most(50), "≤ 50", 50, 51)],
)
def test_a_goal_states_its_bound_and_whether_it_is_met(goal, text, met, missed):
    assert str(goal) == text
    assert (goal.is_met(met), goal.is_met(missed)) == (True, False)
