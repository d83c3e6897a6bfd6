"""A file that is stored in parts has the same lines, wherever the parts end."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.uploads.lines import MAX_LINE_BYTES, Lines, LineTooLong, Position

TEXTS = st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r\n", b'"', b""])).map(
    b"".join
)


def lines(parts, start=Position()):  # noqa: B008 - a tuple
    return Lines(lambda number: parts[number] if number < len(parts) else None, start)


def cut(text, cuts):
    """Return a text in parts that end at these places."""
    places = sorted({place for place in cuts if 0 < place < len(text)})
    return [
        text[first:last]
        for first, last in zip([0, *places], [*places, len(text)], strict=True)
    ]


@given(text=TEXTS, cuts=st.lists(st.integers(1, 40)), stop=st.integers(0, 20))
def test_reading_can_stop_after_any_line_and_continue(text, cuts, stop):
    parts = cut(text, cuts)
    first = lines(parts)

    before = list(islice(first, stop))
    rest = list(lines(parts, first.position))

    assert b"".join(before + rest) == text


@given(text=TEXTS, cuts=st.lists(st.integers(1, 40)))
def test_all_lines_are_read_and_counted(text, cuts):
    found = lines(cut(text, cuts))

    read = list(found)

    assert b"".join(read) == text
    assert found.read_bytes == len(text)
    assert found.position.line == len(read)
    assert all(line.endswith(b"\n") for line in read[:-1])


def test_a_line_that_is_too_long_is_skipped_without_keeping_it():
    half = b"x" * MAX_LINE_BYTES
    found = lines([b"a\n", half, half, b"\nb\n"])

    assert next(found) == b"a\n"
    with pytest.raises(LineTooLong):
        next(found)
    assert next(found) == b"b\n"
    assert found.position.line == 3
