from __future__ import annotations

from datetime import timedelta

import pytest

from streams.delivery.models import Cursor, Halt
from streams.observability import outlook
from streams.observability.outlook import Load, Outlook, pace
from tests import make
from tests.make import NOW


def ago(seconds: float):
    return NOW - timedelta(seconds=seconds)


def test_the_pace_is_what_was_delivered_since_the_first_of_the_last_minute():
    deliveries = [(ago(5), 300), (ago(20), 100), (ago(61), 9_000)]

    assert pace(deliveries, NOW) == 400 / 20


def test_one_delivery_a_moment_ago_is_not_taken_for_a_thousand_a_second():
    assert pace([(ago(0.001), 50)], NOW) == 50


def test_the_queue_is_empty_when_the_pace_has_worked_it_off():
    shown = Outlook(30_000, Load(1, 1, 50), events_per_second=100)

    assert shown.empty_in == timedelta(minutes=5)


def test_a_short_queue_waits_for_its_turn_in_a_long_round():
    shown = Outlook(1, Load(5_000, 5_000, 50), events_per_second=100)

    assert shown.empty_in == timedelta(seconds=100)


def test_without_a_delivery_lately_there_is_no_telling():
    assert Outlook(10, Load(1, 1, 50), events_per_second=0).empty_in is None


@pytest.mark.django_db
def test_the_load_of_a_stream_is_its_cursors_that_may_send():
    stream = make.stream(requests_per_second=10)
    heavy = make.workspace(stream.partner, weight=3)
    for feed in (make.feed(stream), make.feed(stream, heavy), make.feed(stream)):
        make.due_cursor(events=1, connection=make.connection(feed))
    Cursor.objects.filter(feed=feed).update(held=True)
    make.due_cursor(events=1)  # of another stream

    found = outlook.load(stream, NOW)

    assert (found, found.round_s) == (Load(2, 4, 10), 0.4)


@pytest.mark.django_db
def test_a_halted_stream_has_no_load():
    cursor = make.due_cursor(events=1)
    Halt.objects.create(reason="Drill")

    assert outlook.load(cursor.stream, NOW) == Load(0, 0, 50)


@pytest.mark.django_db
def test_an_outlook_counts_what_this_cursor_delivered():
    cursor = make.due_cursor(events=5)
    make.delivered(cursor, 2, now=ago(2))

    found = outlook.of(cursor, NOW)

    assert found == Outlook(3, Load(1, 1, 50), events_per_second=1.0)


@pytest.mark.django_db
def test_where_nothing_waits_there_is_no_outlook():
    cursor = make.due_cursor(events=1)
    make.delivered(cursor, 1)

    assert outlook.of(cursor, NOW) is None
