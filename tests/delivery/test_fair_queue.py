from __future__ import annotations

from streams.delivery.engine.fair_queue import REPLAY_EVERY, DueCursor, FairQueue


def dues(*ids: int, **what) -> dict[int, DueCursor]:
    return {pk: DueCursor(pk, "us", **what) for pk in ids}


def play(queue: FairQueue, due: dict[int, DueCursor], rounds: int) -> list[int]:
    """Who is served, when every request is answered before the next is chosen."""
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


def test_one_of_more_weight_gets_as_many_turns_in_each_round():
    due = dues(1, 2) | dues(3, weight=3)

    assert play(FairQueue(), due, 10) == [1, 2, 3, 3, 3, 1, 2, 3, 3, 3]


def test_a_new_one_goes_before_those_that_were_served():
    queue, old = FairQueue(), dues(1, 2, 3)
    play(queue, old, 4)

    queue.offer(dues(9).values())

    assert queue.take(old | dues(9)).cursor_id == 9


def test_one_that_was_just_served_cannot_come_back_as_new():
    queue, due = FairQueue(), dues(1, 2)
    queue.offer(due.values())
    queue.end_turn(queue.take(due).cursor_id)

    queue.offer(dues(1).values())  # nothing was left, then an event came

    assert queue.take(due).cursor_id == 2


def test_a_stream_of_new_ones_does_not_starve_the_rotation():
    served = play(FairQueue(), dues(1, *range(100, 200)), 303)

    assert served.count(1) == 3


def test_no_second_request_while_one_is_under_way():
    queue, due = FairQueue(), dues(1)
    queue.offer(due.values())
    queue.take(due)

    queue.offer(due.values())

    assert queue.take(due) is None


def test_one_that_is_no_longer_due_is_passed_over():
    queue = FairQueue()
    queue.offer(dues(1, 2).values())

    assert queue.take(dues(2)).cursor_id == 2


def test_one_that_may_not_send_now_keeps_its_place():
    queue, due = FairQueue(), dues(1, 2, 3)
    queue.offer(due.values())

    first = queue.take(due, lambda d: d.cursor_id == 3)

    assert first.cursor_id == 3
    assert [queue.take(due).cursor_id for _ in range(2)] == [1, 2]


def test_live_cursors_go_before_replays():
    queue, due = FairQueue(), dues(1, is_replay=True) | dues(2)
    queue.offer(due.values())

    assert [queue.take(due).cursor_id for _ in range(2)] == [2, 1]


def test_a_replay_is_not_starved_by_live_cursors_that_never_end():
    due = dues(1, 2) | dues(9, is_replay=True)

    served = play(FairQueue(), due, 5 * REPLAY_EVERY)

    assert served.count(9) == 5
