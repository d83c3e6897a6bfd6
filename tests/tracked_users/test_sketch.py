"""Sketches count distinct people, and combine like sets."""

from __future__ import annotations

from itertools import batched
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.tracked_users.hashes import hashes
from streams.tracked_users.kinds import IdKind
from streams.tracked_users.sketch import ALL, MOST, Sketch

KEY = bytes(32)
SMALL = st.frozensets(st.integers(0, ALL - 1), max_size=30)


def sketch_of(ids) -> Sketch:
    return Sketch.of(hashes(ids, key=KEY, workspace_id=1, kind=IdKind.USER))


def is_within(size, exact: int) -> bool:
    return abs(size.people - exact) <= size.margin


@given(SMALL, SMALL)
def test_small_sketches_are_exact_sets(one, other):
    first, second = Sketch.of(one), Sketch.of(other)

    assert (first | second).hashes == one | other
    assert (first - second).hashes == one - other
    assert first.size.is_exact
    assert (first | second).size.people == len(one | other)


@given(st.lists(st.frozensets(st.integers(0, ALL - 1), max_size=30), max_size=6))
def test_the_order_in_which_sketches_are_merged_does_not_matter(parts):
    forward = backward = Sketch()
    for part in parts:
        forward |= Sketch.of(part)
    for part in reversed(parts):
        backward = Sketch.of(part) | backward

    assert forward == backward


@pytest.mark.parametrize("people", [0, 1, MOST, MOST + 1, 50_000])
def test_a_stored_sketch_is_read_back(people):
    sketch = sketch_of(map(str, range(people)))

    assert Sketch.unpack(sketch.pack()) == sketch
    assert len(sketch.pack()) <= 8 * (MOST + 1)
    assert Sketch.unpack(b"") == Sketch()


def test_up_to_its_limit_a_sketch_is_exact():
    assert sketch_of(map(str, range(MOST))).size.is_exact
    assert not sketch_of(map(str, range(MOST + 1))).size.is_exact


def test_a_million_events_are_counted_within_the_stated_error():
    random = Random(7)
    events = [f"user-{random.randrange(300_000)}" for _ in range(1_000_000)]
    merged = Sketch()
    for some in batched(events, 10_000):  # as the flushes of several processes
        merged |= sketch_of(set(some))

    exact = len(set(events))
    assert is_within(merged.size, exact)
    assert merged.size.margin < exact * 0.032


def test_unions_and_differences_of_large_sets_are_within_the_stated_error():
    ours = [f"user-{n}" for n in range(200_000)]
    others = [f"user-{n}" for n in range(150_000, 400_000)]
    first, second = sketch_of(ours), sketch_of(others)

    assert is_within((first | second).size, 400_000)
    assert is_within((first - second).size, 150_000)
    assert is_within((second - first).size, 200_000)
    assert is_within((first - first).size, 0)
    assert (first - first).size.margin > 0  # a few would not be noticed


def test_the_stated_error_holds_in_95_of_100_cases():
    random = Random(1)
    right = 0
    for _ in range(200):
        people = random.randrange(5_000, 40_000)
        found = Sketch.of({random.getrandbits(64) for _ in range(people)})
        right += is_within(found.size, people)

    assert right >= 185


def test_an_id_has_another_hash_as_a_user_id_and_in_another_workspace():
    found = {
        number
        for workspace_id in (1, 2)
        for kind in (IdKind.USER, IdKind.ANONYMOUS)
        for number in hashes(["1"], key=KEY, workspace_id=workspace_id, kind=kind)
    }

    assert len(found) == 4
