from __future__ import annotations

from datetime import timedelta

import pytest

from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.observability import forecast
from streams.observability.forecast import QueueForecast, RateShare, pace
from tests import factories
from tests.factories import NOW


def ago(seconds: float):
    return NOW - timedelta(seconds=seconds)


def test_the_pace_counts_deliveries_since_the_first_of_the_last_minute():
    deliveries = [(ago(5), 300), (ago(20), 100), (ago(61), 9_000)]

    assert pace(deliveries, NOW) == 400 / 20


def test_one_delivery_a_moment_ago_is_not_a_thousand_per_second():
    assert pace([(ago(0.001), 50)], NOW) == 50


def test_the_queue_is_empty_when_the_pace_has_worked_through_it():
    shown = QueueForecast(30_000, RateShare(1, 1, 50), events_per_second=100)

    assert shown.empty_in == timedelta(minutes=5)


def test_a_short_queue_waits_for_its_turn_in_a_long_round():
    shown = QueueForecast(1, RateShare(5_000, 5_000, 50), events_per_second=100)

    assert shown.empty_in == timedelta(seconds=100)


def test_without_recent_deliveries_there_is_no_forecast():
    assert QueueForecast(10, RateShare(1, 1, 50), events_per_second=0).empty_in is None


@pytest.mark.django_db
def test_the_load_of_a_stream_counts_its_cursors_that_may_send():
    stream = factories.stream(requests_per_second=10)
    heavy = factories.workspace(stream.partner, weight=3)
    for feed in (
        factories.feed(stream),
        factories.feed(stream, heavy),
        factories.feed(stream),
    ):
        factories.due_cursor(events=1, connection=factories.connection(feed))
    Cursor.objects.filter(feed=feed).update(held=True)
    factories.due_cursor(events=1)  # of another stream

    found = forecast.load(stream, NOW)

    assert (found, found.round_s) == (RateShare(2, 4, 10), 0.4)


@pytest.mark.django_db
def test_a_halted_stream_has_no_load():
    cursor = factories.due_cursor(events=1)
    Halt.objects.create(reason="Drill")

    assert forecast.load(cursor.stream, NOW) == RateShare(0, 0, 50)


@pytest.mark.django_db
def test_a_forecast_counts_deliveries_of_this_cursor():
    cursor = factories.due_cursor(events=5)
    factories.delivered(cursor, 2, now=ago(2))

    found = forecast.of(cursor, NOW)

    assert found == QueueForecast(3, RateShare(1, 1, 50), events_per_second=1.0)


@pytest.mark.django_db
def test_without_queued_events_there_is_no_forecast():
    cursor = factories.due_cursor(events=1)
    factories.delivered(cursor, 1)

    assert forecast.of(cursor, NOW) is None
