from __future__ import annotations

from pathlib import Path

from tests.order import spread


class Item:
    """As much of pytest's as an order asks for."""

    def __init__(self, file, number, *, slow):
        self.nodeid, self.path, self.slow = f"{file}::{number}", Path(file), slow

    def get_closest_marker(self, name):
        return self.slow


def test_each_share_begins_with_slow_tests_and_none_is_lost():
    small = [Item("tests/a/test_a.py", n, slow=None) for n in range(6)]
    slow = [Item("tests/faults/test_f.py", n, slow=True) for n in range(2)]
    items = [*small, *slow]

    assert spread(items, 2) == [slow[0], *small[:3], slow[1], *small[3:]]


def test_slow_tests_of_a_module_stay_together():
    small = [Item("tests/a/test_a.py", n, slow=None) for n in range(4)]
    slow = [Item("tests/b/test_b.py", n, slow=True) for n in range(3)]

    assert spread([*small, *slow], 2) == [*slow, small[0], *small[1:]]


def test_more_slow_tests_than_a_share_has_room_for_are_all_there():
    slow = [Item("tests/b/test_b.py", n, slow=True) for n in range(5)]

    assert spread(slow, 2) == slow
