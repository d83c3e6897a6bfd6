from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.spec.decode.positions import InvalidJson, locate

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def places(place, value) -> Iterator[tuple]:
    """Yield each path, and the value that should be there."""
    yield place, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(place.inside[key], inner)
    if isinstance(value, list):
        for at, inner in enumerate(value):
            yield from places(place.inside[at], inner)


@given(value=VALUES, indent=st.none() | st.integers(0, 3), ascii_only=st.booleans())
def test_every_value_is_found_at_its_position(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    for place, inner in places(locate(text), value):
        assert json.loads(text[place.start : place.end]) == inner


@given(text=st.text(alphabet='{}[]",:01.e-truefalsn \\u\n', max_size=30))
def test_exactly_the_invalid_json_is_reported_as_broken(text):
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(InvalidJson):
            locate(text)
    else:
        locate(text)


@pytest.mark.parametrize(
    ("path", "stands"),
    [
        ("userId", '"userId"'),
        ("properties.products.1.price", '"price": 2'),
        ("properties.a.b.c", '"c"'),  # the key is a.b
        ("properties.missing", '"properties"'),
        ("properties.products.7", '"products"'),
        ("nothing", "{"),
        ("", "{"),
    ],
)
def test_a_path_leads_to_its_key_or_to_the_nearest_existing_one(path, stands):
    text = """{"userId": "u1", "properties": {
      "products": [{"price": 1}, {"price": 2}],
      "a.b": {"c": 1}}}"""

    assert text[locate(text).find(path).at :].startswith(stands)


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ('{"a": 1,}', 8, "Unexpected comma before this. Remove it."),
        ('{"a" 1}', 5, "Expected a colon."),
        ('{"a": 1 "b": 2}', 8, "Expected a comma, or the end of"),
        ("{a: 1}", 1, "This is not a JSON value. Put strings in double quotes."),
        ("{'a': 1}", 1, "Use straight double quotes"),
        ('{"a": NaN}', 6, "NaN and Infinity are not valid JSON."),
        ('{"a": "x\ny"}', 6, "This string is not closed, or contains a line break"),
        ('{"a": [1, 2', 11, "The text ends here, but the JSON is incomplete."),
        ("{} {}", 3, "Unexpected text after the JSON."),
        ("", 0, "The text ends here"),
    ],
)
def test_an_error_is_reported_at_its_position(text, at, says):
    with pytest.raises(InvalidJson) as raised:
        locate(text)

    assert raised.value.at == at
    assert raised.value.message.startswith(says)


def test_deep_nesting_is_not_followed():
    with pytest.raises(InvalidJson, match="nested more than 64 levels deep"):
        locate("[" * 50_000)
