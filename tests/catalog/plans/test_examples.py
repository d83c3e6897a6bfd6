from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.catalog.plans.authoring.examples import read, written
from streams.catalog.plans.conformance import fits
from streams.catalog.plans.plan import TYPES

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=9),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), inside, max_size=3),
    max_leaves=5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("", "string", None),
        ("spring", "string", "spring"),
        ("42", "string", "42"),
        ('""', "string", ""),
        ('"quoted" and not', "string", '"quoted" and not'),
        ("42", "integer", 42),
        ("true", "boolean", True),
        ('["a"]', "array", ["a"]),
        ("42", "any", 42),
        ("spring", "any", "spring"),
        ('"42"', "any", "42"),
    ],
)
def test_an_example_is_entered_as_text_or_as_json(text, kind, value):
    assert read(text, kind) == value


@pytest.mark.parametrize(("text", "kind"), [("nine", "number"), ("{", "object")])
def test_invalid_json_is_reported_where_json_is_required(text, kind):
    with pytest.raises(ValueError, match="Enter valid JSON"):
        read(text, kind)


@given(VALUES, st.data())
def test_an_example_means_the_same_after_it_is_shown_and_read_again(value, data):
    kind = data.draw(st.sampled_from([kind for kind in TYPES if fits(value, kind)]))

    assert read(written(value, kind), kind) == value
