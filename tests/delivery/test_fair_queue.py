from __future__ import annotations

from streams.delivery.engine.fair_queue import REPLAY_EVERY, DueCursor, FairQueue


def dues(*ids: int, **what) -> dict[int, DueCursor]:
    return {pk: DueCursor(pk, "us", **what) for pk in ids}


def play(turns: FairQueue, due: dict[int, DueCursor], rounds: int) -> list[int]:
    """Who is served, when every request is answered before the next is chosen."""
    served = []
    for _ in range(rounds):
        turns.offer(due.values())
        taken = turns.take(due)
        if taken is not None:
            turns.served(taken.cursor_id)
            served.append(taken.cursor_id)
    return served


def test_backlogs_of_any_size_get_equal_turns():
    assert play(FairQueue(), dues(1, 2, 3), 9) == [1, 2, 3] * 3


def test_one_of_more_weight_gets_as_many_turns_in_each_round():
    due = dues(1, 2) | dues(3, weight=3)

    assert play(FairQueue(), due, 10) == [1, 2, 3, 3, 3, 1, 2, 3, 3, 3]


def test_a_new_one_goes_before_those_that_were_served():
    turns, old = FairQueue(), dues(1, 2, 3)
    play(turns, old, 4)

    turns.offer(dues(9).values())

    assert turns.take(old | dues(9)).cursor_id == 9


def test_one_that_was_just_served_cannot_come_back_as_new():
    turns, due = FairQueue(), dues(1, 2)
    turns.offer(due.values())
    turns.served(turns.take(due).cursor_id)

    turns.offer(dues(1).values())  # nothing was left, then an event came

    assert turns.take(due).cursor_id == 2


def test_a_stream_of_new_ones_does_not_starve_the_rotation():
    served = play(FairQueue(), dues(1, *range(100, 200)), 303)

    assert served.count(1) == 3


def test_no_second_request_while_one_is_under_way():
    turns, due = FairQueue(), dues(1)
    turns.offer(due.values())
    turns.take(due)

    turns.offer(due.values())

    assert turns.take(due) is None


def test_one_that_is_no_longer_due_is_passed_over():
    turns = FairQueue()
    turns.offer(dues(1, 2).values())

    assert turns.take(dues(2)).cursor_id == 2


def test_one_that_may_not_send_now_keeps_its_place():
    turns, due = FairQueue(), dues(1, 2, 3)
    turns.offer(due.values())

    first = turns.take(due, lambda d: d.cursor_id == 3)

    assert first.cursor_id == 3
    assert [turns.take(due).cursor_id for _ in range(2)] == [1, 2]


def test_live_cursors_go_before_replays():
    turns, due = FairQueue(), dues(1, is_replay=True) | dues(2)
    turns.offer(due.values())

    assert [turns.take(due).cursor_id for _ in range(2)] == [2, 1]


def test_a_replay_is_not_starved_by_live_cursors_that_never_end():
    due = dues(1, 2) | dues(9, is_replay=True)

    served = play(FairQueue(), due, 5 * REPLAY_EVERY)

    assert served.count(9) == 5
