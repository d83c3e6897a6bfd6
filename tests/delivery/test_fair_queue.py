from __future__ import annotations

from streams.delivery.engine.fair_queue import REPLAY_EVERY, DueCursor, FairQueue


def dues(*ids: int, **what) -> dict[int, DueCursor]:
    return {pk: DueCursor(pk, "us", **what) for pk in ids}


def play(queue: FairQueue, due: dict[int, DueCursor], rounds: int) -> list[int]:
    """Return the order of turns if each response precedes the next choice."""
    served = []
    for _ in range(rounds):
        queue.offer(due.values())
        taken = queue.take(due)
        if taken is not None:
            queue.end_turn(taken.cursor_id)
            served.append(taken.cursor_id)
    return served


def test_backlogs_of_any_size_get_equal_turns():
    assert play(FairQueue(), dues(1, 2, 3), 9) == [1, 2, 3] * 3


def test_a_cursor_of_more_weight_gets_that_many_turns_per_round():
    due = dues(1, 2) | dues(3, weight=3)

    assert play(FairQueue(), due, 10) == [1, 2, 3, 3, 3, 1, 2, 3, 3, 3]


def test_a_new_cursor_goes_before_those_already_served():
    queue, old = FairQueue(), dues(1, 2, 3)
    play(queue, old, 4)

    queue.offer(dues(9).values())

    assert queue.take(old | dues(9)).cursor_id == 9


def test_a_cursor_that_was_just_served_does_not_count_as_new():
    queue, due = FairQueue(), dues(1, 2)
    queue.offer(due.values())
    queue.end_turn(queue.take(due).cursor_id)

    queue.offer(dues(1).values())  # it was empty, then an event arrived

    assert queue.take(due).cursor_id == 2


def test_new_cursors_do_not_starve_the_rotation():
    served = play(FairQueue(), dues(1, *range(100, 200)), 303)

    assert served.count(1) == 3


def test_a_cursor_has_one_request_in_progress_at_most():
    queue, due = FairQueue(), dues(1)
    queue.offer(due.values())
    queue.take(due)

    queue.offer(due.values())

    assert queue.take(due) is None


def test_a_cursor_that_is_no_longer_due_is_skipped():
    queue = FairQueue()
    queue.offer(dues(1, 2).values())

    assert queue.take(dues(2)).cursor_id == 2


def test_a_cursor_that_may_not_send_now_keeps_its_place():
    queue, due = FairQueue(), dues(1, 2, 3)
    queue.offer(due.values())

    first = queue.take(due, lambda d: d.cursor_id == 3)

    assert first.cursor_id == 3
    assert [queue.take(due).cursor_id for _ in range(2)] == [1, 2]


def test_live_cursors_go_before_replays():
    queue, due = FairQueue(), dues(1, is_replay=True) | dues(2)
    queue.offer(due.values())

    assert [queue.take(due).cursor_id for _ in range(2)] == [2, 1]


def test_a_replay_is_not_starved_by_busy_live_cursors():
    due = dues(1, 2) | dues(9, is_replay=True)

    served = play(FairQueue(), due, 5 * REPLAY_EVERY)

    assert served.count(9) == 5
