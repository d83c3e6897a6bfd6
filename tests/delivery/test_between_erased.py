"""Requests with the events between erased ones."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.base.clock import now
from streams.delivery.attempts.contents import body_of
from streams.delivery.connection.skipping import skip
from streams.delivery.engine.batch_reader import BatchReader
from streams.delivery.engine.drain import drain
from streams.delivery.engine.store_outcome import CompletedRequest, record
from streams.delivery.models import Cursor, Delivery
from streams.delivery.segment.batch import MAX_EVENTS, longest_batch, most_events
from streams.delivery.segment.responses import SegmentResponse
from streams.events.erasure.tombstones import PAYLOAD, overwrite
from streams.events.models import Event
from streams.observability import ledger
from streams.observability.ledger import Ledger
from streams.observability.reconcile import inconsistencies
from tests import factories

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIVE = b'{"type":"track"}'


def rows(is_erased: list[bool], after: int = 0):
    return [
        (after + n, AT, PAYLOAD if erased else LIVE)
        for n, erased in enumerate(is_erased, start=1)
    ]


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 70))
def test_a_batch_has_all_events_but_erased_ones_of_at_most_that_many_numbers(
    is_erased, most
):
    batch = longest_batch(rows(is_erased, after=7), after=7, most=most)

    left = [8 + n for n, erased in enumerate(is_erased[:most]) if not erased]
    if is_erased[0]:
        assert batch is None
    else:
        assert list(batch.seqs) == left
        assert (batch.first_seq, batch.last_seq) == (8, left[-1])


@given(st.sets(st.integers(1, 299)), st.integers(1, 300))
def test_halving_finds_an_invalid_event_among_erased_ones(erased, bad):
    erased -= {bad}
    position, suspect, rejected = 0, 300, None

    for _ in range(2 * 300):
        if rejected is not None:
            break
        most = most_events(position=position, suspect_seq=suspect)
        left = [n in erased for n in range(position + 1, 301)]
        batch = longest_batch(rows(left, after=position), after=position, most=most)
        if batch is None:  # passed over
            position += 1
        elif bad not in batch.seqs:
            position = batch.last_seq
        elif len(batch) > 1:
            suspect = batch.last_seq
        else:
            rejected = batch.last_seq

    assert rejected == bad


def erase(cursor: Cursor, *seqs: int) -> None:
    far = {"since": datetime(2020, 1, 1, tzinfo=UTC), "until": now()}
    assert overwrite(cursor.feed_id, seqs, **far) == len(seqs)


@pytest.fixture
def cursor(db):
    """Ten queued events, of which 3, 5, 6 and 10 were erased."""
    cursor = factories.due_cursor(events=10)
    erase(cursor, 3, 5, 6, 10)
    return Cursor.objects.select_related("connection", "feed").get(pk=cursor.pk)


def balance(cursor: Cursor) -> Ledger:
    assert inconsistencies(cursor.feed) == []
    return replace(ledger.of(cursor.feed), last_delivered_at=None)


def in_flight(cursor: Cursor, status: int = 200) -> CompletedRequest:
    batch = BatchReader().read(cursor)
    response = SegmentResponse(status=status, text='{"success": true}')
    return CompletedRequest(cursor, batch, 100, now(), response)


def test_one_request_has_the_events_between_erased_ones(cursor):
    request = in_flight(cursor)
    record([request], now=now())

    assert list(request.batch.seqs) == [1, 2, 4, 7, 8, 9]
    assert balance(cursor) == Ledger(accepted=10, delivered=6, erased=3, pending=1)
    attempt = Delivery.objects.select_related("cursor__feed").get()
    assert (attempt.first_seq, attempt.last_seq, attempt.events) == (1, 9, 6)
    assert body_of(attempt).count(b'"messageId"') == 6


def test_a_request_from_which_an_event_was_erased_later_has_no_body(cursor):
    record([in_flight(cursor)], now=now())
    erase(cursor, 4)

    assert body_of(Delivery.objects.select_related("cursor__feed").get()) is None
    assert balance(cursor) == Ledger(accepted=10, delivered=6, erased=3, pending=1)


@pytest.mark.parametrize(
    ("skipped_up_to", "then"),
    [
        (4, Ledger(accepted=10, delivered=6, erased=3, pending=1)),
        (9, Ledger(accepted=10, delivered=6, erased=3, pending=1)),
        (10, Ledger(accepted=10, delivered=6, erased=3, filtered=1)),
    ],
)
def test_erased_events_in_a_queue_that_was_skipped_meanwhile_count_once(
    cursor, skipped_up_to, then
):
    request = in_flight(cursor)

    skip(connection=cursor.connection, up_to=skipped_up_to, actor=None)
    record([request], now=now())

    assert balance(cursor) == then


@pytest.mark.django_db(transaction=True)
def test_an_invalid_event_among_erased_ones_is_rejected_alone(segment, settings):
    settings.SANDBOX_URL = segment.url
    cursor = factories.due_cursor(events=200)
    erase(cursor, *(n for n in range(1, 200) if n % 3))
    bad = Event.objects.get(feed=cursor.feed, seq=99)
    segment.behave({"only_event": bad.message_id, "answers": [], "then": 400})

    while Cursor.objects.exclude(due_at=None).exists():
        drain(cursor.stream_id, stop=threading.Event(), linger_s=0.0)

    left = 200 - 133
    assert balance(cursor) == Ledger(
        accepted=200, delivered=left - 1, rejected=1, erased=133
    )
    cursor.refresh_from_db()
    assert (cursor.rejected, cursor.due_at) == (1, None)


def test_a_request_spans_at_most_2500_numbers():
    apart = [False, *[True] * (MAX_EVENTS - 1), False]

    batch = longest_batch(rows(apart), after=0, most=MAX_EVENTS)

    assert list(batch.seqs) == [1]
