from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.engine.drain import drain
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.delivery.retention.pruning import prune
from streams.events.models import Event, Feed
from streams.observability import ledger
from streams.observability.chart import ChartSpan, traffic
from streams.observability.reconcile import inconsistencies
from tests import factories
from tests.audit_log_triggers import entries_may_go

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def cursor():
    """Ten events: 1 to 4 delivered, 5 rejected, 6 to 8 delivered after a retry."""
    cursor = factories.due_cursor(events=10)
    factories.delivered(cursor, 4)
    factories.rejected(cursor)
    factories.delivery(cursor, 6, 8, outcome=Delivery.Outcome.RETRY, status_code=503)
    factories.delivered(cursor, 8)
    return cursor


def found(cursor):
    """Return what is wrong, without the name of the cursor."""
    prefix = f"live cursor {cursor.pk}: "
    return [issue.removeprefix(prefix) for issue in inconsistencies(cursor.feed)]


def change(cursor, **fields):
    Cursor.objects.filter(pk=cursor.pk).update(**fields)


def event_after(feed, seq):
    """Insert an event beyond the head, which no append does."""
    Event.objects.create(
        feed=feed, seq=seq, received_at=factories.NOW, type="track", name="", user_id="",
        message_id=f"m-{seq}", payload=b"{}",
    )  # fmt: skip


def test_the_engines_rows_are_consistent(cursor):
    assert found(cursor) == []


def test_a_feed_without_events_or_without_a_connection_is_consistent():
    feed = factories.feed()
    assert list(inconsistencies(feed)) == []

    factories.append(feed, 3)
    assert list(inconsistencies(feed)) == []


def test_missing_events_are_named(cursor):
    Event.objects.filter(feed=cursor.feed, seq__in=[1, 5, 6]).delete()

    assert found(cursor) == ["events 1 to 1 are missing", "events 5 to 6 are missing"]


def test_missing_events_at_the_head_are_named(cursor):
    Event.objects.filter(feed=cursor.feed, seq=10).delete()

    assert found(cursor) == ["the head is 10, but the last event is 9"]


def test_events_beyond_the_head_are_found(cursor):
    event_after(cursor.feed, 12)

    assert found(cursor) == ["there are events after the head"]


def test_a_position_beyond_the_head_is_found(cursor):
    Feed.objects.filter(pk=cursor.feed_id).update(head_seq=7)
    Event.objects.filter(feed=cursor.feed, seq__gt=7).delete()

    assert found(cursor) == ["the position 8 is after the head 7"]


@pytest.mark.parametrize("change_rejected", [1, -1])
def test_a_wrong_count_of_rejections_is_found(cursor, change_rejected):
    change(cursor, rejected=F("rejected") + change_rejected)

    assert found(cursor) == [
        f"{1 + change_rejected} events were rejected, but there are 1 rejections"
    ]


def test_a_wrong_count_of_recovered_events_is_found(cursor):
    change(cursor, recovered=1)

    assert found(cursor) == [
        "1 events were recovered, but 0 rejections say so",
    ]


def test_an_event_recovered_by_no_attempt_is_found(cursor):
    replay = factories.replay(
        cursor, end=8, position=8, due_at=None, ended_at=factories.NOW
    )
    factories.delivery(replay.cursor, 1, 4)
    factories.delivery(replay.cursor, 5, 8)
    rejection = Rejection.objects.get(cursor=cursor)
    Rejection.objects.filter(cursor=cursor).update(
        recovered_by=replay.cursor, recovered_at=factories.NOW
    )
    change(cursor, recovered=1)
    assert found(cursor) == []

    Delivery.objects.filter(cursor=replay.cursor, last_seq__gte=rejection.seq).delete()

    assert (
        f"event {rejection.seq} counts as recovered, but no attempt of a replay delivered it"
        in found(cursor)
    )


def test_a_missing_rejection_leaves_an_event_unaccounted_for(cursor):
    Rejection.objects.filter(cursor=cursor).delete()

    assert found(cursor) == [
        "1 events were rejected, but there are 0 rejections",
        "1 events after 4 are in no delivery, but 0 were skipped or erased",
    ]


def test_a_missing_delivery_attempt_is_found(cursor):
    Delivery.objects.filter(cursor=cursor, last_seq=8, status_code=200).delete()

    assert found(cursor) == [
        "3 events after 5 are in no delivery, but 0 were skipped or erased"
    ]


def test_skipped_events_need_no_delivery_attempt_but_an_entry_in_the_log(cursor):
    Delivery.objects.filter(cursor=cursor, last_seq=8, status_code=200).delete()
    change(cursor, filtered=3)

    assert found(cursor) == ["3 events were skipped, but the activity log says 0"]


def test_events_delivered_twice_are_found(cursor):
    factories.delivery(cursor, 3, 4)

    assert found(cursor) == ["2 events after 4 were settled twice"]


def test_an_event_both_rejected_and_delivered_is_found(cursor):
    Delivery.objects.filter(cursor=cursor, last_seq=8, status_code=200).update(
        first_seq=5, events=4
    )

    assert found(cursor) == ["1 events after 5 were settled twice"]


def test_an_attempt_beyond_the_position_is_found(cursor):
    factories.delivery(cursor, 9, 9)

    assert found(cursor) == ["there are deliveries after the position"]


def test_a_rejection_beyond_the_position_is_found(cursor):
    Rejection.objects.create(
        connection=cursor.connection, cursor=cursor, seq=9, reason="Bad"
    )

    assert found(cursor) == ["there are rejections after the position"]


def test_an_attempt_that_miscounts_its_range_is_found(cursor):
    Delivery.objects.filter(cursor=cursor, last_seq=4).update(events=3)

    assert found(cursor) == [
        "a delivery has a number of events that does not match its range"
    ]


def test_a_position_ahead_of_the_attempts_is_found(cursor):
    change(cursor, position=10, due_at=None)

    assert found(cursor) == [
        "2 events after 8 are in no delivery, but 0 were skipped or erased"
    ]


def test_queued_events_that_are_not_due_are_found(cursor):
    change(cursor, due_at=None)

    assert found(cursor) == ["events are queued, but the cursor is not due"]


def test_a_cursor_held_without_a_reason_is_found(cursor):
    change(cursor, held=True)

    assert found(cursor) == ["the cursor is stopped, but its connection is active"]


@pytest.mark.parametrize(
    "fields", [{"status": Connection.Status.PAUSED}, {"deleted_at": factories.NOW}]
)
def test_a_cursor_that_should_be_held_is_found(cursor, fields):
    Connection.objects.filter(pk=cursor.connection_id).update(**fields)

    assert found(cursor) == [
        "the cursor is not stopped, but its connection is not active"
    ]


@pytest.fixture
def replay(cursor):
    """A replay of the odd events 1 to 8: 1 and 3 sent, 5 rejected, 7 to come."""
    replay = factories.replay(
        cursor, end=8, position=5, filtered=2, rejected=1, name="Odd"
    )
    factories.delivery(replay.cursor, 1, 3, events=2)
    Rejection.objects.create(
        connection=cursor.connection, cursor=replay.cursor, seq=5, reason="Bad"
    )
    return replay


def found_of(replay):
    prefix = f"replay cursor {replay.pk}: "
    return [issue.removeprefix(prefix) for issue in inconsistencies(replay.cursor.feed)]


def test_a_replay_that_skips_events_is_consistent(replay):
    assert found_of(replay) == []


@pytest.mark.parametrize("filtered", [1, 3])
def test_a_replay_that_miscounts_skipped_events_is_found(replay, filtered):
    change(replay.cursor, filtered=filtered)

    assert found_of(replay) == [
        f"2 events after 3 are in no delivery, but {filtered} were skipped or erased"
    ]


def test_a_replay_that_counts_too_many_expired_events_is_found(replay):
    change(replay.cursor, filtered=1, expired=1)

    assert "1 events are counted as expired, but only 0 have" in found_of(replay)


def test_an_unfinished_replay_that_is_not_due_is_found(replay):
    change(replay.cursor, due_at=None)

    assert found_of(replay) == ["events are queued, but the cursor is not due"]


def test_a_canceled_replay_has_nothing_queued(replay):
    change(replay.cursor, due_at=None, ended_at=factories.NOW)

    assert found_of(replay) == []


def test_a_replay_at_its_end_that_has_not_ended_is_found(replay):
    change(replay.cursor, end_seq=5)

    assert found_of(replay) == ["the cursor has reached its end, but has not ended"]


def expired(cursor):
    """Four events delivered; of the other six, the first three have expired."""
    factories.append(cursor.feed, 3, now=factories.NOW + timedelta(days=1))
    prune(now=factories.NOW + timedelta(days=31))
    return cursor


def test_expired_events_without_rows_are_consistent(cursor):
    expired(cursor)

    assert found(cursor) == []
    assert Event.objects.filter(feed=cursor.feed).count() == 3


def test_events_that_expired_without_an_audit_entry_are_found(cursor):
    expired(cursor)
    with entries_may_go():
        AuditEntry.objects.filter(action="events.expired").delete()

    assert found(cursor) == ["2 events have expired, but the activity log says 0"]


def test_they_are_found_without_a_connection_too():
    feed = factories.feed()
    factories.append(feed, 3)
    prune(now=factories.NOW + timedelta(days=31))
    with entries_may_go():
        AuditEntry.objects.filter(action="events.expired").delete()

    assert list(inconsistencies(feed)) == [
        "3 events have expired, but the activity log says 0"
    ]


def test_a_gap_after_the_expired_events_is_found(cursor):
    expired(cursor)
    Event.objects.filter(feed=cursor.feed, seq=11).delete()

    assert found(cursor) == ["events 11 to 11 are missing"]


def test_a_deleted_rejection_that_was_not_counted_is_found(cursor):
    expired(cursor)
    change(cursor, rejected_forgotten=0)

    assert found(cursor) == ["1 events were rejected, but there are 0 rejections"]


def test_events_that_expire_during_the_check_are_no_issue(cursor):
    factories.append(cursor.feed, 3, now=factories.NOW + timedelta(days=1))
    looked = []

    def expire_first(execute, sql, params, many, context):
        if 'MAX("streams_event"."seq")' in sql and not looked:
            looked.append(sql)
            prune(now=factories.NOW + timedelta(days=31))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(expire_first):
        assert found(cursor) == []

    assert looked


@pytest.mark.parametrize("events", [10, 1000])
def test_a_feed_takes_the_same_queries_whatever_its_size(
    events, django_assert_num_queries
):
    cursor = factories.due_cursor(events=events)
    for up_to in range(events // 10, events + 1, events // 10):
        factories.delivered(cursor, up_to)

    with django_assert_num_queries(21):
        assert list(inconsistencies(cursor.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_rows_written_by_the_engine_are_consistent(segment, settings):
    settings.SANDBOX_URL = segment.url
    cursor = factories.due_cursor(events=40)
    # 40, 20, 10, 5, 2 and at last 1 event are rejected; everything after that is
    # accepted.
    segment.behave({"answers": [400, 400, 400, 400, 400, 400], "then": 200})

    drain(cursor.stream_id, stop=threading.Event(), linger_s=0.0)

    found = ledger.of(cursor.feed)
    moment = now()
    span = ChartSpan.of(moment - DAY, moment + DAY, midnight=moment)
    points = traffic(cursor.feed, span, moment).points
    assert list(inconsistencies(cursor.feed)) == []
    assert (found.delivered, found.rejected, found.pending) == (39, 1, 0)
    assert sum(point.delivered for point in points) == 39
    assert sum(point.rejected for point in points) == 1


def test_the_command_says_that_all_is_well(cursor, capsys):
    call_command("reconcile")

    assert capsys.readouterr().out == (
        "Checked 1 feeds with 10 events. Inconsistent feeds: 0.\n"
    )


def test_the_command_names_the_inconsistent_feed_and_fails(cursor, capsys):
    factories.append(factories.feed(), 1, now=factories.NOW + timedelta(seconds=1))
    change(cursor, due_at=None)

    with pytest.raises(SystemExit) as end:
        call_command("reconcile")

    feed = cursor.feed
    assert end.value.code == 1
    assert capsys.readouterr().out == (
        f"feed {feed.pk} ({feed}): live cursor {cursor.pk}: events are queued, but the"
        " cursor is not due\n"
        "Checked 2 feeds with 11 events. Inconsistent feeds: 1.\n"
    )


def test_the_command_can_print_json(cursor, capsys):
    change(cursor, rejected=0)

    with pytest.raises(SystemExit):
        call_command("reconcile", json=True)

    issue = (
        f"live cursor {cursor.pk}: 0 events were rejected, but there are 1 rejections"
    )
    assert json.loads(capsys.readouterr().out) == {
        "feeds": 1,
        "events": 10,
        "wrong": [
            {"feed": cursor.feed_id, "name": str(cursor.feed), "findings": [issue]}
        ],
        "history": "",
    }


def test_one_feed_can_be_checked(cursor, capsys):
    factories.append(factories.feed(), 5)

    call_command("reconcile", feed=cursor.feed_id)

    assert capsys.readouterr().out == (
        "Checked 1 feeds with 10 events. Inconsistent feeds: 0.\n"
    )


def test_an_unknown_feed_is_an_error():
    with pytest.raises(CommandError, match="There is no feed with the ID 77"):
        call_command("reconcile", feed=77)
