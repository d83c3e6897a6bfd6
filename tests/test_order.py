from __future__ import annotations

from itertools import batched

from tests.order import in_shares


def test_tests_that_wait_come_first_in_the_shares_of_more_than_half_of_the_workers():
    items = ["v1", "v2", "a", "b", "w1", "c", "d", "x1", "e", "f", "g", "h"]

    ordered = in_shares(
        items, 4, waits=lambda item: item[0] in "vwx", module=lambda item: item[0]
    )

    assert [*batched(ordered, 3)] == [
        ("v1", "v2", "x1"), ("w1", "a", "b"), ("c", "d", "e"), ("f", "g", "h"),
    ]  # fmt: skip


def test_no_test_is_lost_when_nearly_all_of_them_wait():
    ordered = in_shares([1, 2, 3, 4, 5], 2, waits=lambda n: n != 5, module=lambda n: n)

    assert sorted(ordered) == [1, 2, 3, 4, 5]
