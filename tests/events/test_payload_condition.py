from __future__ import annotations

import msgspec
import pytest

from streams.events.search.payload_condition import InvalidProperty, PropertyIs


@pytest.mark.parametrize(
    ("text", "properties", "matches"),
    [
        ("properties.plan = pro", {"plan": "pro"}, True),
        ("properties.plan=pro", {"plan": "pro"}, True),
        ("properties.plan = pro", {"plan": "pro+"}, False),
        ("properties.plan = pro", {"other": {"plan": "pro"}}, False),
        ("properties.plan = a = b", {"plan": "a = b"}, True),
        ("properties.a.b = x", {"a": {"b": "x"}}, True),
        ("properties.a.b = x", {"a.b": "x"}, True),
        ("properties.items.id = x", {"items": [{"id": "y"}, {"id": "x"}]}, True),
        ("properties.n = 3", {"n": 3}, True),
        ("properties.n = 3", {"n": "3"}, True),
        ("properties.n = 3", {"n": 3.0}, True),
        ("properties.n = 3", {"n": 30}, False),
        ('properties.n = "3"', {"n": 3}, False),
        ('properties.n = "3"', {"n": "3"}, True),
        ("properties.n = 3.0", {"n": 3}, True),
        ("properties.n = 1e2", {"n": 100}, True),
        ("properties.n = 10000000000000000000000", {"n": 1e22}, True),
        ("properties.n = 1", {"n": True}, False),
        ("properties.n = true", {"n": True}, True),
        ("properties.n = true", {"n": "true"}, True),
        ("properties.n = false", {"n": 0}, False),
        ("properties.n = null", {"n": None}, True),
        ("properties.n = null", {}, False),
        ("properties.n = {}", {"n": {}}, False),
        ('properties.q = "', {"q": '"'}, True),
        ("properties.q = \\", {"q": "\\"}, True),
        ('properties.q = "a\\"b"', {"q": 'a"b'}, True),
        ("properties.ключ = значение 😀", {"ключ": "значение 😀"}, True),
        ("properties.q = </script>", {"q": "</script>"}, True),
    ],
)
def test_a_property_is_compared_as_text_and_as_json(text, properties, matches):
    condition = PropertyIs.parse(text)
    payload = msgspec.json.encode({"type": "track", "properties": properties})

    assert condition.matches(msgspec.json.decode(payload)) is matches
    if matches:  # the database must not leave it out
        assert any(needle in payload for needle in condition.needles())


@pytest.mark.parametrize(
    "text", ["", "plan", "=", "= pro", "properties. = pro", "plan =", "a..b = c",
             "a." * 30 + "b = c"],
)  # fmt: skip
def test_a_text_that_is_no_path_and_value_is_refused(text):
    with pytest.raises(InvalidProperty):
        PropertyIs.parse(text)
