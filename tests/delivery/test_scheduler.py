"""Decisions of a drain, with a clock that the test sets."""

from __future__ import annotations

import pytest

from streams.delivery.engine.fair_queue import DueCursor
from streams.delivery.engine.scheduler import LOCKED_S, MAX_IDLE_POLL_S, Scheduler

START = 1_000.0


@pytest.fixture
def scheduler():
    return Scheduler(requests_per_second=50, not_before=START, at=START)


def due(*ids, region="us"):
    return [DueCursor(pk, region) for pk in ids]


def chosen(scheduler, at, *, idle_threads=10):
    """Choose and send all that may be sent at this moment; return cursor IDs."""
    found = []
    while turns := scheduler.choose(at, idle_threads=idle_threads):
        for turn in turns:
            scheduler.sent(turn.region, at)
            found.append(turn.cursor_id)
    return found


def test_a_cursor_has_one_turn_at_a_time(scheduler):
    scheduler.offer(due(1), START)
    first = chosen(scheduler, START)
    scheduler.offer(due(1), START + 0.1)

    again = chosen(scheduler, START + 0.1)
    scheduler.end_turn(1)
    scheduler.offer(due(1), START + 0.2)

    assert (first, again, chosen(scheduler, START + 0.2)) == ([1], [], [1])


def test_no_more_turns_start_than_threads_are_idle(scheduler):
    scheduler.offer(due(1, 2, 3), START)

    assert scheduler.choose(START, idle_threads=0) == []
    assert scheduler.open_turns == 0


def test_a_cursor_with_more_events_is_due_again_without_a_query(scheduler):
    scheduler.offer(due(1, 2), START)
    at = START
    for _ in range(2):
        at += 0.1
        chosen(scheduler, at)

    scheduler.end_turns([1, 2], due={2})

    assert chosen(scheduler, at + 0.1) == [2]


def test_a_locked_cursor_is_skipped_for_a_while(scheduler):
    scheduler.postpone(1, START)

    scheduler.offer(due(1), START + LOCKED_S - 0.1)
    early = chosen(scheduler, START + LOCKED_S - 0.1)
    scheduler.offer(due(1), START + LOCKED_S + 0.1)

    assert (early, chosen(scheduler, START + LOCKED_S + 0.1)) == ([], [1])


def test_the_database_is_polled_less_often_while_nothing_is_due(scheduler):
    def interval(at):
        """Return the seconds from a poll that found nothing to the next poll."""
        scheduler.offer([], at)
        waited = 0.0
        while not scheduler.must_poll(at + waited):
            waited += 0.001
        return waited

    soon, later = interval(START + 0.01), interval(START + 60)

    assert soon < later < MAX_IDLE_POLL_S + 0.002


def test_nothing_is_sent_before_the_last_owners_rate_limit_window_ends(scheduler):
    scheduler.offer(due(1), START - 1)

    early = chosen(scheduler, START - 0.5)

    assert (early, chosen(scheduler, START)) == ([], [1])
    assert not scheduler.is_limit_free(START + 0.5)
