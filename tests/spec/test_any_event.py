"""The checks accept any JSON: no exception, and time in proportion to its size.

CHECK_EXAMPLES is the number of examples of each kind, about a hundred per second, and
other ones in each run. More than a million at once need `-o faulthandler_timeout=0`.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from time import thread_time
from timeit import repeat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.spec.call_structure import CALLS
from streams.spec.check.event import check
from streams.spec.content.content_check import MAX_ISSUES, walk
from streams.spec.content.fast_path import passes
from streams.spec.content.shape_cache import shape_of
from streams.spec.content.tables import (
    CONTEXT,
    EVENT_TABLES,
    GROUP,
    IDENTIFY,
    PAGE,
    SCREEN,
    TRACK,
)
from streams.spec.rules import RULES
from streams.spec.spec_data import EVENTS, SPEC
from streams.spec.spec_exceptions import READINGS, SpecExceptions
from tests import factories

examples = settings(
    max_examples=int(os.environ.get("CHECK_EXAMPLES", "200")),
    derandomize=False,  # as it would be where CI is set
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# Names that the checks know, from all over the Spec, which end up in wrong places.
FIELDS = sorted(
    {
        part
        for path in (
            *(f.path for e in SPEC.events for f in (*e.properties, *e.context)),
            *(f.path for r in SPEC.reserved for f in r.fields),
            *(f.path for f in (*SPEC.common_fields, *SPEC.context_fields)),
            *(f.path for c in SPEC.calls for f in c.fields),
            *(c.wrong for c in SPEC.field_corrections),
        )
        for part in path.split(".")
    }
)
NAMES = [*EVENTS, *(one.name for one in SPEC.corrections), "Order 17", "a_b", ""]
TABLES = [*EVENT_TABLES.values(), TRACK, PAGE, SCREEN, IDENTIFY, GROUP, CONTEXT]
TIMES = [
    "2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "1969", "2026-W01-1", "2026-11-23T10:00:00Z", "٢٠٢٦-01-01",
]  # fmt: skip

single = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([*TIMES, "USD", "usd", "x" * 600])
)
keys = st.sampled_from(FIELDS) | st.text(max_size=12) | st.from_regex(r"[a-z]{1,3}_?\d")
values = st.recursive(
    single,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=20,
)
objects = st.dictionaries(keys, values, max_size=8)
plausible = st.fixed_dictionaries(
    {"type": st.sampled_from(list(CALLS))},
    optional={
        "event": st.sampled_from(NAMES) | st.text(max_size=30),
        "properties": objects | values,
        "traits": objects | values,
        "context": objects | values,
        "timestamp": st.sampled_from(TIMES) | values,
        "groupId": values,
        "options": values,
        "messageId": values,
        "userId": values,
    },
)
readings = st.sets(st.sampled_from(sorted(READINGS))).map(SpecExceptions.of)


@examples
@given(event=objects, readings=readings)
def test_any_json_is_checked_without_an_exception(event, readings):
    hold(event, readings)


@examples
@given(event=plausible, readings=readings)
def test_json_that_resembles_an_event_is_checked_too(event, readings):
    hold(event, readings)


def hold(event, readings) -> None:
    """All issues are whole, and the same the second time, when shapes are known."""
    found = check(event, readings=readings, now=factories.NOW)

    assert found == check(event, readings=readings, now=factories.NOW)
    assert len(found) <= 2 * MAX_ISSUES
    for one in found:
        assert one.severity is RULES[one.rule].severity
        assert (one.message[-1], one.fix[-1]) == (".", ".")
        assert "{path}" not in one.message + one.fix


def fillings(table):
    """Objects that hold what the Spec knows to be there."""
    known = st.sampled_from(sorted(table.value_specs))
    filled = st.dictionaries(known, values | st.sampled_from(TIMES), max_size=6)
    return st.tuples(st.just(table), filled)


@examples
@given(st.sampled_from(TABLES).flatmap(fillings))
def test_whatever_the_fast_path_accepts_has_no_issue(filled):
    table, content = filled
    shape = shape_of(table, tuple(content), frozenset())
    found = []

    if shape.fast_type is not None and passes(content, shape.fast_type):
        walk(shape, table, content, "any", frozenset(), found)

    assert found == []


def steps(event) -> int:
    """Return the number of executed lines of the checks, which no clock affects."""
    count = 0

    def of_ours(frame, what, _):
        nonlocal count
        if "/streams/spec/" not in frame.f_code.co_filename:
            return None
        count += what == "line"
        return of_ours

    before = sys.gettrace()
    sys.settrace(of_ours)
    try:
        check(event, now=factories.NOW)
    finally:
        sys.settrace(before)
    return count


def deep(depth: int):
    value = {}
    for _ in range(depth):
        value = {"inner": [value]}
    return value


# A size of each part of an event, which can be doubled.
GROWING = {
    "keys": lambda size: {f"key{n}x": n for n in range(size)},
    "numbered keys": lambda size: {f"key_{n}": n for n in range(size)},
    "keys in camelCase": lambda size: {f"k{n}Key": n for n in range(size)},
    "items": lambda size: {"products": [{"sku": 1, "price": "a"}] * size},
    "objects": lambda size: {f"k{n}x": {f"a{n}x": "x" * 600} for n in range(size)},
    "lists": lambda size: {"a": [[[n]] for n in range(size)]},
    "depth": deep,
}


def test_twice_the_event_takes_at_most_twice_the_steps():
    taken = {
        what: [steps(track(grown(size))) for size in (250, 500, 1_000, 2_000)]
        for what, grown in GROWING.items()
    }

    worst = {
        what: max(after / before for before, after in pairwise(counts))
        for what, counts in taken.items()
    }
    assert {what: ratio for what, ratio in worst.items() if ratio > 2.1} == {}


# Texts that a parser may read again and again.
PATTERNS = [
    "a@",
    "a.",
    "1a",
    "aA",
    "a_",
    "_",
    "1",
    "{",
    "<",
    "a ",
    "1-",
    "é",
    "@",
    "%s",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_eight_times_the_text_takes_far_less_than_the_square_of_eight(pattern):
    small, large = (pattern * (size // len(pattern)) for size in (3_000, 24_000))

    assert seconds(large) < 30 * seconds(small)


def seconds(text: str) -> float:
    """Return the least of several times of this thread; other load only adds time."""
    event = {**track({f"{text}a": 1, f"{text}1": 2}), "event": text, "timestamp": text}
    taken = repeat(
        lambda: check(event, now=factories.NOW), timer=thread_time, number=1, repeat=9
    )
    return min(taken)


def track(properties):
    return {"type": "track", "event": "Order Completed", "properties": properties}
