from __future__ import annotations

from streams.delivery.turns import Turns


def play(turns: Turns, due: set[int], rounds: int) -> list[int]:
    """Who is served, when every request is answered before the next is chosen."""
    served = []
    for _ in range(rounds):
        turns.offer(due)
        cursor = turns.take(due)
        if cursor is not None:
            turns.served(cursor)
            served.append(cursor)
    return served


def test_backlogs_of_any_size_get_equal_turns():
    assert play(Turns(), {1, 2, 3}, 9) == [1, 2, 3] * 3


def test_a_new_one_goes_before_those_that_were_served():
    turns = Turns()
    play(turns, {1, 2, 3}, 4)

    turns.offer({9})

    assert turns.take({1, 2, 3, 9}) == 9


def test_one_that_was_just_served_cannot_come_back_as_new():
    turns = Turns()
    turns.offer([1, 2])
    turns.served(turns.take({1, 2}))

    turns.offer([1])  # nothing was left, then an event came

    assert turns.take({1, 2}) == 2


def test_a_stream_of_new_ones_does_not_starve_the_rotation():
    turns = Turns()
    small = set(range(100, 200))

    served = play(turns, {1, *small}, 303)

    assert served.count(1) == 3


def test_no_second_request_while_one_is_under_way():
    turns = Turns()
    turns.offer([1])
    turns.take({1})

    turns.offer([1])

    assert turns.take({1}) is None


def test_one_that_is_no_longer_due_is_passed_over():
    turns = Turns()
    turns.offer([1, 2])

    assert turns.take({2}) == 2
