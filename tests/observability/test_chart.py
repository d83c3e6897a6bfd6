from __future__ import annotations

from datetime import timedelta

import pytest

from streams.observability.chart import QUARTER, last_24_hours
from tests import make

pytestmark = pytest.mark.django_db

NOW = make.NOW + timedelta(
    minutes=7
)  # in the quarter of an hour that began at make.NOW


def busy(points):
    """The points with something in them, as quarters ago and three counts."""
    return [
        ((make.NOW - p.at) // QUARTER, p.accepted, p.delivered, p.rejected)
        for p in points
        if p.accepted or p.delivered or p.rejected
    ]


def test_a_day_is_96_quarters_of_an_hour_and_ends_with_the_present_one():
    points = last_24_hours(make.feed(), NOW)

    assert len(points) == 96
    assert (points[0].at, points[-1].at) == (make.NOW - 95 * QUARTER, make.NOW)
    assert busy(points) == []


def test_events_count_in_the_quarter_in_which_they_came_and_in_which_they_went():
    cursor = make.cursor()
    make.append(cursor.feed, 5, now=make.NOW - 4 * QUARTER)
    make.append(cursor.feed, 2, now=make.NOW - 3 * QUARTER)
    make.delivered(cursor, 3, now=make.NOW - 4 * QUARTER)
    make.delivered(cursor, 4, now=make.NOW - 2 * QUARTER)
    make.rejected(cursor, now=make.NOW - 2 * QUARTER)
    make.append(cursor.feed, 1, now=NOW)
    make.delivered(cursor, 8, now=NOW)

    assert busy(last_24_hours(cursor.feed, NOW)) == [
        (4, 5, 3, 0),
        (3, 2, 0, 0),
        (2, 0, 1, 1),
        (0, 1, 3, 0),
    ]


def test_what_is_older_than_a_day_does_not_count():
    cursor = make.cursor()
    make.append(cursor.feed, 5, now=make.NOW - 96 * QUARTER)
    make.delivered(cursor, 5, now=make.NOW - 96 * QUARTER)
    make.append(cursor.feed, 1, now=make.NOW - 95 * QUARTER)

    assert busy(last_24_hours(cursor.feed, NOW)) == [(95, 1, 0, 0)]


def test_connections_of_one_feed_add_up():
    feed = make.feed()
    make.append(feed, 3, now=NOW)
    old = make.cursor(make.connection(feed, deleted_at=NOW))
    make.delivered(old, 1, now=NOW)
    make.delivered(make.cursor(make.connection(feed), start=1, position=1), 3, now=NOW)

    assert busy(last_24_hours(feed, NOW)) == [(0, 3, 3, 0)]


@pytest.mark.parametrize("count", [1, 3])
def test_a_chart_takes_four_queries(count, django_assert_num_queries):
    cursor = make.cursor()
    for n in range(count):
        make.append(cursor.feed, 1, now=make.NOW + n * QUARTER)
        make.delivered(cursor, n + 1, now=make.NOW + n * QUARTER)

    with django_assert_num_queries(4):
        points = last_24_hours(cursor.feed, make.NOW + 12 * QUARTER)

    assert sum(point.delivered for point in points) == count
