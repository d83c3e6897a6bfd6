from __future__ import annotations

import time

import pytest

from streams.spec.decode.structure import (
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    MalformedEvent,
    deeper_than,
    read_event,
)


def rule_for(sent: bytes) -> str:
    with pytest.raises(MalformedEvent) as caught:
        read_event(sent)
    return caught.value.issue.rule


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (b"NaN", "SPEC-JSON-003"),
        (b"-Infinity", "SPEC-JSON-003"),
        (b'[{"b": Infinity}]', "SPEC-JSON-003"),
        (b"1e999", "SPEC-JSON-003"),
        (b"[-1e999]", "SPEC-JSON-003"),
        (b"9" * 400, "SPEC-JSON-003"),
        (b"-" + b"9" * 400, "SPEC-JSON-003"),
        (b"9" * 5000, "SPEC-JSON-003"),
        (b'"\xff"', "SPEC-JSON-002"),
        (
            b'{"b": "\xed\xa0\x80"}',
            "SPEC-JSON-002",
        ),  # a surrogate, encoded as if it were a character
        (b'"\\ud800"', "SPEC-JSON-004"),
        (b'"\\udc00 x"', "SPEC-JSON-004"),
        (b'{"\\ud83d": 1}', "SPEC-JSON-004"),
        (b'"\x01"', "SPEC-JSON-001"),
        (b"01", "SPEC-JSON-001"),
        (b"[1,]", "SPEC-JSON-001"),
        (b"undefined", "SPEC-JSON-001"),
        (b"1} {", "SPEC-JSON-001"),
    ],
)
def test_bytes_that_segment_could_not_read_are_refused(value, rule):
    assert rule_for(b'{"a": %s}' % value) == rule


@pytest.mark.parametrize("sent", [b"", b"[]", b'"text"', b"null", b"7"])
def test_an_event_is_an_object(sent):
    assert rule_for(sent) == "SPEC-JSON-001"


def test_unusual_but_valid_json_is_read():
    sent = '{"a": "\\ud83d\\ude00 😀 \\u0000", "b": [1e-999, 1e308, 1234567890123456789012]}'

    event = read_event(sent.encode())

    assert event == {"a": "😀 😀 \0", "b": [0.0, 1e308, 1234567890123456789012]}


def test_long_digit_sequences_in_strings_are_valid():
    assert read_event(b'{"a": "%s"}' % (b"9" * 400)) == {"a": "9" * 400}


def test_nesting_is_counted_from_the_event_itself():
    deepest = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH

    assert read_event(deepest)
    assert rule_for(b'{"a":' + deepest + b"}") == "SPEC-JSON-005"


def test_many_brackets_side_by_side_or_in_strings_are_not_deep():
    sent = b'{"a": [%s], "b": "%s\\"{{{"}' % (b",".join([b"{}"] * 200), b"[{" * 200)

    assert not deeper_than(sent, 2 + 1)
    assert read_event(sent)["b"].endswith('"{{{')


def test_the_cost_of_an_unterminated_string_is_linear():
    sent = b"{" * 65 + b'"' + b'\\"' * 16_000
    began = time.process_time()

    for _ in range(20):
        rule_for(sent)

    assert time.process_time() - began < 2  # in quadratic time, it takes minutes


def test_the_size_is_that_of_the_bytes_as_sent():
    filler = b"x" * (MAX_EVENT_BYTES - len(b'{"a":""}'))

    assert read_event(b'{"a":"%s"}' % filler)
    assert rule_for(b'{"a": "%s"}' % filler) == "SPEC-SIZE-001"


def test_the_message_contains_nothing_of_the_event():
    with pytest.raises(MalformedEvent) as caught:
        read_event(b'{"secret": hidden}')

    assert "hidden" not in str(caught.value)
    assert "secret" not in str(caught.value)
