from __future__ import annotations

from datetime import timedelta

import pytest

from streams.observability.chart import QUARTER, last_24_hours
from tests import factories

pytestmark = pytest.mark.django_db

NOW = factories.NOW + timedelta(
    minutes=7
)  # in the quarter hour that began at factories.NOW


def busy(points):
    """Return the points that are not empty, as quarter hours ago and three counts."""
    return [
        ((factories.NOW - p.at) // QUARTER, p.accepted, p.delivered, p.rejected)
        for p in points
        if p.accepted or p.delivered or p.rejected
    ]


def test_a_day_is_96_quarter_hours_and_ends_with_the_present_one():
    points = last_24_hours(factories.feed(), NOW)

    assert len(points) == 96
    assert (points[0].at, points[-1].at) == (
        factories.NOW - 95 * QUARTER,
        factories.NOW,
    )
    assert busy(points) == []


def test_events_count_in_the_quarter_hours_of_their_arrival_and_delivery():
    cursor = factories.cursor()
    factories.append(cursor.feed, 5, now=factories.NOW - 4 * QUARTER)
    factories.append(cursor.feed, 2, now=factories.NOW - 3 * QUARTER)
    factories.delivered(cursor, 3, now=factories.NOW - 4 * QUARTER)
    factories.delivered(cursor, 4, now=factories.NOW - 2 * QUARTER)
    factories.rejected(cursor, now=factories.NOW - 2 * QUARTER)
    factories.append(cursor.feed, 1, now=NOW)
    factories.delivered(cursor, 8, now=NOW)

    assert busy(last_24_hours(cursor.feed, NOW)) == [
        (4, 5, 3, 0),
        (3, 2, 0, 0),
        (2, 0, 1, 1),
        (0, 1, 3, 0),
    ]


def test_events_older_than_a_day_do_not_count():
    cursor = factories.cursor()
    factories.append(cursor.feed, 5, now=factories.NOW - 96 * QUARTER)
    factories.delivered(cursor, 5, now=factories.NOW - 96 * QUARTER)
    factories.append(cursor.feed, 1, now=factories.NOW - 95 * QUARTER)

    assert busy(last_24_hours(cursor.feed, NOW)) == [(95, 1, 0, 0)]


def test_connections_of_one_feed_add_up():
    feed = factories.feed()
    factories.append(feed, 3, now=NOW)
    old = factories.cursor(factories.connection(feed, deleted_at=NOW))
    factories.delivered(old, 1, now=NOW)
    factories.delivered(
        factories.cursor(factories.connection(feed), start=1, position=1), 3, now=NOW
    )

    assert busy(last_24_hours(feed, NOW)) == [(0, 3, 3, 0)]


@pytest.mark.parametrize("count", [1, 3])
def test_a_chart_takes_four_queries(count, django_assert_num_queries):
    cursor = factories.cursor()
    for n in range(count):
        factories.append(cursor.feed, 1, now=factories.NOW + n * QUARTER)
        factories.delivered(cursor, n + 1, now=factories.NOW + n * QUARTER)

    with django_assert_num_queries(4):
        points = last_24_hours(cursor.feed, factories.NOW + 12 * QUARTER)

    assert sum(point.delivered for point in points) == count
