from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.segment.batch import (
    MAX_BODY_BYTES,
    MAX_EVENTS,
    MissingEvents,
    longest_batch,
    most_events,
    rows_to_read,
)
from streams.events.erasure import tombstones

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def rows(*payloads: bytes, after: int = 0):
    return [(after + n, AT, payload) for n, payload in enumerate(payloads, start=1)]


def test_a_batch_contains_the_events_after_the_position():
    batch = longest_batch(rows(b"{1}", b"{2}", after=7), after=7, most=100)

    assert (batch.first_seq, batch.last_seq, len(batch)) == (8, 9, 2)


def test_a_batch_starts_and_ends_with_events_that_were_not_erased():
    stored = rows(b"{1}", b"{2}", tombstones.PAYLOAD, b"{4}", tombstones.PAYLOAD)

    assert list(longest_batch(stored, after=0, most=100).seqs) == [1, 2, 4]
    assert longest_batch(stored[2:], after=2, most=100) is None


def test_without_rows_there_is_no_batch():
    assert longest_batch([], after=0, most=100) is None


def test_a_gap_in_the_log_is_an_error():
    with pytest.raises(MissingEvents, match="Event 2 is missing"):
        longest_batch([(1, AT, b"{1}"), (3, AT, b"{3}")], after=0, most=100)


def test_the_body_contains_the_stored_bytes_and_a_new_sent_at():
    batch = longest_batch(rows(b'{"a": 1.0}', b'{"b":"\xc3\xa9"}'), after=0, most=100)

    body = batch.body(AT)

    assert body.startswith(b'{"batch":[{"a": 1.0},{"b":"\xc3\xa9"}],')
    assert json.loads(body)["sentAt"] == "2026-11-23T12:00:00.000Z"


@given(st.lists(st.integers(3, 40_000), min_size=1, max_size=80))
def test_a_body_fits_segments_limit_and_leaves_less_than_an_event_unused(sizes):
    payloads = [b"x" * size for size in sizes]

    batch = longest_batch(rows(*payloads), after=0, most=MAX_EVENTS)

    body = batch.body(AT)
    assert len(body) <= MAX_BODY_BYTES
    if len(batch) < len(sizes):
        assert len(body) + sizes[len(batch)] + 64 > MAX_BODY_BYTES


def test_a_batch_has_at_most_2500_events():
    batch = longest_batch(rows(*[b"{1}"] * 3000), after=0, most=MAX_EVENTS)

    assert len(batch) == 2500


@pytest.mark.parametrize("bad", [1, 2, 700, 1250, 1251, 2499, 2500])
def test_halving_finds_one_bad_event_among_2500_in_about_twelve_requests(bad):
    position, suspect, requests, rejected = 0, 2500, 0, None

    while rejected is None:
        requests += 1
        last = position + most_events(position=position, suspect_seq=suspect)
        if position < bad <= last:
            suspect, rejected = last, bad if last == position + 1 else None
        else:
            position = last

    assert rejected == bad
    assert requests <= 13


def test_a_batch_is_full_unless_it_is_being_halved():
    assert most_events(position=7, suspect_seq=None) == MAX_EVENTS
    assert most_events(position=7, suspect_seq=7) == MAX_EVENTS


def test_the_number_of_rows_read_fills_a_batch_and_little_more():
    assert 500 <= rows_to_read(mean_bytes=1000, most=MAX_EVENTS) <= 560
    assert rows_to_read(mean_bytes=10, most=MAX_EVENTS) == MAX_EVENTS
