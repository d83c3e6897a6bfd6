"""Queued events that an editor skips, also while a request with some of them is running."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.catalog.retention_period import midnight
from streams.delivery.connection.services import delete
from streams.delivery.connection.skipping import (
    CannotSkip,
    NothingToSkip,
    queued_before,
    skip,
)
from streams.delivery.engine.batch_reader import BatchReader
from streams.delivery.engine.store_outcome import CompletedRequest, record
from streams.delivery.event_status import statuses
from streams.delivery.models import Cursor, Delivery
from streams.delivery.replay.filter import ReplaySelection
from streams.delivery.replay.services import start_replay
from streams.delivery.segment.responses import SegmentResponse
from streams.events.models import Event
from streams.observability import ledger
from streams.observability.chart import ChartSpan, traffic
from streams.observability.ledger import Ledger
from streams.observability.reconcile import inconsistencies
from tests import factories
from tests.delivery.background_drain import at_work
from tests.portal_processes import until

pytestmark = pytest.mark.django_db

ACCEPTED = SegmentResponse(status=200, text='{"success": true}')
LATER = factories.NOW + timedelta(hours=1)


@pytest.fixture
def cursor():
    """Ten queued events, of which the last three were received an hour later."""
    cursor = factories.due_cursor(events=7)
    factories.append(cursor.feed, 3, now=LATER)
    return Cursor.objects.select_related("connection", "feed").get(pk=cursor.pk)


def skipped(cursor, up_to: int) -> Cursor:
    skip(connection=cursor.connection, up_to=up_to, actor=None)
    return Cursor.objects.select_related("connection", "feed").get(pk=cursor.pk)


def in_flight(cursor, up_to: int) -> CompletedRequest:
    """Return a request with the events up to this one, which Segment has accepted."""
    cursor = Cursor.objects.select_related("connection", "feed").get(pk=cursor.pk)
    batch = BatchReader().read(cursor)
    few = slice(up_to - cursor.position)
    sent = replace(
        batch, payloads=batch.payloads[few], seqs=batch.seqs[few], last_seq=up_to
    )
    return CompletedRequest(cursor, sent, 900, now(), ACCEPTED)


def balance(cursor) -> Ledger:
    """Return the ledger, which must be consistent with the rows."""
    cursor.feed.refresh_from_db()
    assert list(inconsistencies(cursor.feed)) == []
    return replace(ledger.of(cursor.feed), last_delivered_at=None)


def test_the_events_before_a_time_are_skipped_and_the_others_stay_queued(cursor):
    span = queued_before(cursor.connection, LATER)

    cursor = skipped(cursor, span.end)

    assert (span.first, span.end) == (1, 7)
    assert balance(cursor) == Ledger(accepted=10, filtered=7, pending=3)
    assert cursor.due_at is not None
    entry = AuditEntry.objects.get(action="events.skipped")
    assert (entry.detail["events"], entry.detail["last_seq"]) == (7, 7)


def test_if_all_events_are_skipped_nothing_is_due(cursor):
    Cursor.objects.filter(pk=cursor.pk).update(failures=3, suspect_seq=4)

    cursor = skipped(cursor, 10)

    assert balance(cursor) == Ledger(accepted=10, filtered=10)
    assert (cursor.due_at, cursor.failures, cursor.suspect_seq) == (None, 0, None)


def test_there_must_be_queued_events_before_the_time(cursor):
    with pytest.raises(NothingToSkip):
        queued_before(cursor.connection, factories.NOW)


@pytest.mark.parametrize("up_to", [0, 4, 11])
def test_events_that_are_not_queued_are_not_skipped(cursor, up_to):
    factories.delivered(cursor, 4)

    with pytest.raises(CannotSkip):
        skip(connection=cursor.connection, up_to=up_to, actor=None)

    assert balance(cursor) == Ledger(accepted=10, delivered=4, pending=6)


def test_a_deleted_connection_skips_nothing(cursor):
    delete(connection=cursor.connection, actor=None)

    with pytest.raises(CannotSkip):
        skip(connection=cursor.connection, up_to=7, actor=None)


@pytest.mark.parametrize(
    ("sent_up_to", "skipped_up_to", "then"),
    [
        (3, 7, Ledger(accepted=10, delivered=3, filtered=4, pending=3)),
        (7, 7, Ledger(accepted=10, delivered=7, pending=3)),
        (9, 7, Ledger(accepted=10, delivered=9, pending=1)),
        (4, 10, Ledger(accepted=10, delivered=4, filtered=6)),
    ],
)
def test_events_in_a_running_request_count_as_delivered_once(
    cursor, sent_up_to, skipped_up_to, then
):
    running = in_flight(cursor, sent_up_to)

    cursor = skipped(cursor, skipped_up_to)
    record([running], now=now())

    assert balance(cursor) == then
    cursor.refresh_from_db()
    assert cursor.position == max(sent_up_to, skipped_up_to)


def test_each_event_says_whether_it_was_skipped(cursor):
    factories.delivered(cursor, 2)
    running = in_flight(cursor, 4)
    alice = factories.user()

    skip(connection=cursor.connection, up_to=7, actor=alice)
    record([running], now=now())

    events = Event.objects.filter(feed=cursor.feed).order_by("seq")
    found = statuses(cursor.feed, list(events))
    assert [found[seq].state for seq in range(1, 11)] == (
        ["delivered"] * 4 + ["filtered"] * 3 + ["pending"] * 3
    )
    assert found[5].skip.actor == alice


def test_events_that_a_later_connection_sends_no_longer_count_as_skipped(cursor):
    factories.delivered(cursor, 2)
    skipped(cursor, 7)
    delete(connection=cursor.connection, actor=None)

    later = factories.cursor(
        factories.connection(cursor.feed), start=1, position=1, due_at=now()
    )

    assert balance(later) == Ledger(accepted=10, delivered=1, pending=9)


@pytest.mark.parametrize("status", [400, 401, 503])
def test_events_in_a_refused_request_stay_skipped(cursor, status):
    running = in_flight(cursor, 3)

    cursor = skipped(cursor, 7)
    record([replace(running, response=SegmentResponse(status=status))], now=now())

    assert balance(cursor) == Ledger(accepted=10, filtered=7, pending=3)
    cursor.connection.refresh_from_db()
    assert cursor.connection.status == "active"
    assert not Delivery.objects.exists()


def test_a_request_that_another_process_has_overtaken_is_not_counted(cursor):
    running = in_flight(cursor, 3)
    factories.delivered(cursor, 2)

    cursor = skipped(cursor, 7)
    record([running], now=now())

    assert balance(cursor) == Ledger(accepted=10, delivered=2, filtered=5, pending=3)


def test_the_chart_does_not_show_skipped_events_as_delivered(cursor):
    moment = now()
    factories.delivered(cursor, 2, now=moment)
    running = in_flight(cursor, 4)

    skipped(cursor, 7)
    record([running], now=moment)

    span = ChartSpan.of(moment - timedelta(hours=3), moment, midnight=midnight(moment))
    shown = traffic(cursor.feed, span, moment)
    assert (shown.total.delivered, shown.total.rejected) == (4, 0)


def test_skipped_events_can_be_replayed(cursor):
    cursor = skipped(cursor, 7)

    replay, _ = start_replay(
        connection=cursor.connection,
        wanted=ReplaySelection(first=1, last=7),
        new_ids=False,
        actor=None,
    )

    assert (replay.cursor.start, replay.cursor.end_seq) == (0, 7)


@pytest.mark.django_db(transaction=True)
def test_a_drain_at_work_sends_no_skipped_event_and_none_twice(segment, settings):
    settings.SANDBOX_URL = segment.url
    cursor = factories.cursor()
    factories.append(cursor.feed, 400, now=now(), properties={"padding": "x" * 19_000})
    segment.answers = [{"delay_s": 0.15}] * 20

    with at_work(cursor.stream):
        until(lambda: segment.stats()["requests"] >= 2)
        span = skip(connection=cursor.connection, up_to=300, actor=None)
        until(lambda: Cursor.objects.get(pk=cursor.pk).position == 400)

    arrived = [event["messageId"] for event in segment.events()]
    found = balance(cursor)
    assert len(arrived) == len(set(arrived)) == found.delivered
    assert (found.delivered + found.filtered, found.pending) == (400, 0)
    assert found.filtered > span.size - 60  # all but the request that was running
