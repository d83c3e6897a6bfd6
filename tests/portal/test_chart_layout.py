from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from streams.observability.chart import ChartPoint
from streams.portal.workspace.chart_layout import Bar, draw

DAWN = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def day(**counts: tuple[int, int, int]) -> list[ChartPoint]:
    """Return 96 quarter hours; `at_5=(accepted, delivered, rejected)` sets number 5."""
    empty = (0, 0, 0)
    return [
        ChartPoint(
            at=DAWN + timedelta(minutes=15 * n),
            **dict(
                zip(
                    ("accepted", "delivered", "rejected"),
                    counts.get(f"at_{n}", empty),
                    strict=True,
                )
            ),
        )
        for n in range(96)
    ]


@pytest.mark.parametrize(
    ("highest", "top"), [(1, 1), (2, 2), (3, 5), (7, 10), (11, 20), (501, 1000)]
)
def test_the_scale_ends_at_a_round_number(highest, top):
    assert draw(day(at_0=(highest, 0, 0))).top == top


def test_rejected_events_are_stacked_on_delivered_ones():
    chart = draw(day(at_5=(10, 5, 2)))

    assert chart.bars == [
        Bar("accepted", 51, 0, 8, 100),
        Bar("delivered", 52.5, 50, 5, 50),
        Bar("rejected", 52.5, 30, 5, 20),
    ]


def test_a_day_without_events_has_no_bars_and_no_rows():
    chart = draw(day())

    assert (chart.empty, chart.hours) == (True, [])


def test_the_table_adds_up_hours_newest_first():
    chart = draw(day(at_0=(1, 0, 0), at_3=(2, 3, 0), at_4=(4, 3, 1)))

    assert [(h.at.hour, h.accepted, h.delivered, h.rejected) for h in chart.hours] == [
        (1, 4, 3, 1),
        (0, 3, 3, 0),
    ]
