from __future__ import annotations

from datetime import timedelta

import pytest

from streams.base.clock import now
from streams.delivery.retention.expiry import expire
from streams.events.models import Feed
from streams.observability.chart import QUARTER, ChartSpan, traffic
from streams.observability.latency import latency
from tests import factories

pytestmark = pytest.mark.django_db

NOW = factories.NOW + timedelta(
    minutes=7
)  # in the quarter hour that began at factories.NOW


DAY, MIDNIGHT = timedelta(hours=24), factories.NOW.replace(hour=0)


def last_24_hours(feed, now):
    return of_last(DAY, feed, now).points


def of_last(length, feed, now):
    end = factories.NOW + (now - factories.NOW) // QUARTER * QUARTER + QUARTER
    return traffic(feed, ChartSpan.of(end - length, now, midnight=MIDNIGHT), now)


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


def test_expired_events_do_not_count_as_delivered():
    cursor = factories.cursor()
    today = now()
    factories.append(cursor.feed, 5, now=today - 3 * QUARTER)
    factories.delivered(cursor, 2, now=today - 2 * QUARTER)
    expire([cursor.feed_id], cutoff=today + DAY)
    factories.append(cursor.feed, 1, now=today)
    cursor.refresh_from_db()
    factories.delivered(cursor, 6, now=today)

    span = ChartSpan.of(today - DAY, today, midnight=MIDNIGHT)
    counted = traffic(Feed.objects.get(), span, today)

    total = counted.total
    assert (total.accepted, total.delivered, total.expired) == (6, 3, 3)
    assert sum(point.delivered for point in counted.points) == 3
    assert sum(point.expired for point in counted.points) == 3


def test_events_that_expire_without_a_connection_are_in_the_chart():
    feed = factories.feed()
    factories.append(feed, 4, now=now())
    expire([feed.pk], cutoff=now() + DAY)

    span = ChartSpan.of(now() - DAY, now(), midnight=MIDNIGHT)
    total = traffic(Feed.objects.get(), span, now()).total

    assert (total.accepted, total.delivered, total.expired) == (4, 0, 4)


@pytest.mark.parametrize("count", [1, 3])
def test_a_chart_takes_four_queries(count, django_assert_num_queries):
    cursor = factories.cursor()
    for n in range(count):
        factories.append(cursor.feed, 1, now=factories.NOW + n * QUARTER)
        factories.delivered(cursor, n + 1, now=factories.NOW + n * QUARTER)

    assert cursor.feed.stream  # pages have it
    with django_assert_num_queries(4):
        points = last_24_hours(cursor.feed, factories.NOW + 12 * QUARTER)

    assert sum(point.delivered for point in points) == count


@pytest.mark.parametrize(
    ("length", "step", "points"),
    [
        (timedelta(hours=1), QUARTER, 4),
        (timedelta(hours=24), QUARTER, 96),
        (timedelta(days=7), timedelta(hours=2), 85),
        (timedelta(days=30), timedelta(hours=8), 91),
        (timedelta(days=365), timedelta(days=4), 93),
    ],
)
def test_a_longer_span_has_longer_points_that_start_with_the_day(length, step, points):
    until = factories.NOW + QUARTER
    span = ChartSpan.of(until - length, until - timedelta(seconds=1), midnight=MIDNIGHT)

    assert (span.step, len(span.starts)) == (step, points)
    assert (span.starts[0] - MIDNIGHT) % step == timedelta(0)
    assert span.starts[-1] <= factories.NOW < span.starts[-1] + step


def test_a_span_is_compared_with_the_one_before_it():
    feed = factories.feed()
    factories.append(feed, 5, now=factories.NOW - 30 * 4 * QUARTER)
    factories.append(feed, 2, now=factories.NOW - QUARTER)

    seen = of_last(DAY, feed, NOW)

    assert (seen.total.accepted, seen.previous.accepted) == (2, 5)


def test_a_span_is_not_compared_with_one_whose_marks_are_deleted():
    assert of_last(timedelta(days=20), factories.feed(), NOW).previous is None


def test_latency_is_from_acceptance_to_the_response():
    cursor = factories.cursor()
    factories.append(cursor.feed, 10, now=factories.NOW)
    factories.append(cursor.feed, 10, now=factories.NOW + timedelta(seconds=9))
    for last, after in ((10, 1), (20, 10)):
        at = factories.NOW + timedelta(seconds=after)
        attempt = factories.delivered(cursor, last, now=at)

    found = latency(of_last(DAY, cursor.feed, NOW))

    wait = timedelta(seconds=1, milliseconds=attempt.duration_ms)
    assert found.whole.p50 == found.whole.p95 == wait
    assert [point.p50 for point in found.points if point.p50] == [wait]


def test_latency_reads_a_bounded_number_of_attempts(django_assert_num_queries):
    cursor = factories.cursor()
    for n in range(30, 0, -1):
        factories.append(cursor.feed, 1, now=factories.NOW - 31 * QUARTER)
        factories.delivered(cursor, 31 - n, now=factories.NOW - n * QUARTER)
    seen = of_last(DAY, cursor.feed, NOW)

    with django_assert_num_queries(2):
        found = latency(seen)

    assert found.whole.p95 > found.whole.p50 > timedelta(0)
