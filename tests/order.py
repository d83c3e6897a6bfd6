"""The order of tests, so that those that wait run beside those that compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, groupby


def in_shares[T](
    items: Sequence[T],
    workers: int,
    *,
    waits: Callable[[T], object],
    module: Callable[[T], object],
) -> list[T]:
    """Have more than half of the workers begin with tests that mostly wait.

    xdist gives each worker an equal share of the list, one after the other, and lets a
    worker that is done steal from the end of another's share. Tests of one module stay
    together, because they may share a fixture.
    """
    waiting = [list(tests) for _, tests in groupby(filter(waits, items), key=module)]
    others = [item for item in items if not waits(item)]
    beginning, ordered = (workers + 1) // 2, []
    for number in range(beginning):
        first = [*chain.from_iterable(waiting[number::beginning])]
        room = max(0, len(items) // workers - len(first))
        ordered += first + others[:room]
        others = others[room:]
    return ordered + others
