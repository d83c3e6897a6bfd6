"""When beat sends tasks, and when it does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from partner_portal.celery import MANY_WAITING, Beat, app
from streams.base.clock import now

HOUR = timedelta(hours=1)


@pytest.fixture
def beat(services):
    """A beat on an empty broker."""
    with app.connection_for_write(services.new_redis_url()) as connection:
        beat = Beat(app)
        beat.producer = app.amqp.Producer(connection, auto_declare=False)
        yield beat


def waiting(beat):
    queue = app.conf.task_default_queue
    return beat.producer.channel.queue_declare(queue).message_count


def test_each_task_is_sent_at_once_and_then_once_per_period(beat):
    wait_s = beat.tick()
    beat.tick()

    assert waiting(beat) == len(app.conf.beat_schedule)
    assert 0 < wait_s <= 1


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_clock_that_jumps_changes_nothing(beat, off):
    beat.tick()
    sent = waiting(beat)

    with time_machine.travel(now() + off, tick=True):
        wait_s = beat.tick()

    assert waiting(beat) == sent
    assert 0 < wait_s <= 1


def test_nothing_is_added_to_a_long_queue(beat):
    for _ in range(MANY_WAITING + 5):
        beat.apply_entry(beat.schedule["sweep"], producer=beat.producer)

    assert waiting(beat) == MANY_WAITING
