"""The table that the benchmark prints."""

from __future__ import annotations

from bench.measure.samples import Notes
from bench.output import report


def notes(**runs: list[float]) -> Notes:
    made = Notes()
    for figure, values in runs.items():
        for value in values:
            made.add(figure, value)
    return made


def row(of: Notes, figure: str) -> list[str]:
    (line,) = [
        line for line in report.table(of).splitlines() if line.startswith(figure)
    ]
    return line.split()


def test_a_row_shows_value_range_goal_and_ratio_to_its_baseline():
    measured = notes(
        latency_p50_ms=[4.0, 5.0, 9.0], row_task_post_latency_p50_ms=[50.0]
    )

    assert row(measured, "latency_p50_ms") == (
        ["latency_p50_ms", "5", "ms", "4", "…", "9", "≤", "10", "met", "0.1", "x"]
    )


def test_a_missed_goal_is_highlighted():
    assert "MISSED" in row(notes(budget_ceiling_share=[0.5]), "budget_ceiling_share")


def test_a_figure_without_measurements_has_no_row():
    assert "latency" not in report.table(notes(budget_ceiling_share=[0.98]))


def test_a_curve_is_the_ordered_median_of_each_position():
    measured = Notes()
    for x, value in [(100, 4.0), (1, 9.0), (1, 7.0), (1, 8.0)]:
        measured.add_point("connections", x, value)

    assert measured.points("connections") == [(1, 8.0), (100, 4.0)]
    assert measured.ends("connections", 1, 100) == 0.5


def test_server_names_contain_no_folders_of_the_machine():
    programs = ["/usr/lib/postgresql/15/bin (PostgreSQL 15)", "/usr/bin/redis-server"]

    named = report.versions(programs)["servers"]

    assert named == ["PostgreSQL 15", "redis-server"]
