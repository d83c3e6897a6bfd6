"""The order of tests in a run of several processes, which each begin with a share."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest


def spread(items: Sequence[pytest.Item], shares: int) -> list[pytest.Item]:
    """The same tests in shares of one size, slow ones first in each."""
    slow = [item for item in items if item.get_closest_marker("processes")]
    small = iter([i for i in items if not i.get_closest_marker("processes")])
    first: list[list[pytest.Item]] = [[] for _ in range(shares)]
    for _, group in groupby(slow, key=_together):
        min(first, key=_weight).extend(group)
    size = -(-len(items) // shares)
    return [
        item
        for share in first
        for item in (*share, *islice(small, max(0, size - len(share))))
    ] + [*small]


def _together(item: pytest.Item) -> object:
    """Tests of a module share what it has started; those of faults share nothing."""
    return item.nodeid if _is_fault(item) else item.path


def _weight(share: Sequence[pytest.Item]) -> int:
    """About how long these slow tests take together, in tens of seconds."""
    return sum(4 if _is_fault(item) else 1 for item in share)


def _is_fault(item: pytest.Item) -> bool:
    return "/faults/" in item.nodeid
