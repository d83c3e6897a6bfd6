from __future__ import annotations

import json
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.views.debug import ExceptionReporter

from streams.audit.models import AuditEntry
from streams.base.keyring import KeyRingError
from streams.connections.key_errors import InvalidKeyFormat, KeyInUse
from streams.connections.models import Connection
from streams.connections.regions import Region
from streams.connections.write_keys import open_write_key
from streams.delivery.connection import services, status, verification
from streams.delivery.connection.services import (
    AlreadyConnected,
    ConnectionConflict,
    RegionNotOffered,
    StartNotRetained,
)
from streams.delivery.connection.status import CannotPause, CannotResume, CannotRetry
from streams.delivery.connection.verification import CannotConfirm, CannotTest
from streams.delivery.models import Cursor
from streams.events.models import Event, Feed
from tests import factories

pytestmark = pytest.mark.django_db

OTHER_KEY = "AnotherWriteKey00000000000000001"
LATER = factories.NOW + timedelta(hours=1)


def connect(feed, write_key=factories.WRITE_KEY, region=Region.US, actor=None):
    return services.connect(feed=feed, write_key=write_key, region=region, actor=actor)


def live_cursor(connection):
    return Cursor.objects.get(connection=connection)


def last_entry():
    return AuditEntry.objects.order_by("pk").last()


# --- Connect ---------------------------------------------------------------------------


def test_a_new_connection_of_an_empty_feed_is_idle():
    feed = factories.feed()

    connection = connect(feed, region=Region.EU)

    assert open_write_key(connection).text == factories.WRITE_KEY
    assert (connection.region, connection.status) == ("eu", "active")
    cursor = live_cursor(connection)
    assert (cursor.start, cursor.position, cursor.due_at) == (0, 0, None)


def test_events_queued_before_the_connection_are_due_at_once():
    feed = factories.feed()
    factories.append(feed, 3)

    cursor = live_cursor(connect(feed))

    assert (cursor.start, cursor.position, cursor.held) == (0, 0, False)
    assert cursor.due_at is not None


@pytest.mark.parametrize(
    ("after", "waits"), [(0, True), (2, True), (3, False), (None, True)]
)
def test_a_connection_can_start_after_any_retained_number(after, waits):
    feed = factories.feed()
    factories.append(feed, 3)

    connection = services.connect(
        feed=feed, write_key=factories.WRITE_KEY, region="us", actor=None, after=after
    )

    cursor = live_cursor(connection)
    assert cursor.start == cursor.position == (after or 0)
    assert (cursor.due_at is not None) is waits
    assert last_entry().detail["after"] == (after or 0)


@pytest.mark.parametrize("after", [-1, 0, 4])
def test_a_connection_cannot_start_with_events_that_do_not_exist(after):
    feed = factories.feed()
    factories.append(feed, 3)
    factories.expired(feed, 1)

    with pytest.raises(StartNotRetained, match="Events 2 to 3 are available"):
        services.connect(
            feed=feed,
            write_key=factories.WRITE_KEY,
            region="us",
            actor=None,
            after=after,
        )

    assert not Connection.objects.exists()


def test_a_connection_can_start_within_events_sent_by_an_earlier_one():
    feed = factories.feed()
    earlier = factories.due_cursor(
        5, factories.connection(feed, deleted_at=factories.NOW)
    )
    factories.delivered(earlier, 4)

    connection = services.connect(
        feed=feed, write_key=factories.WRITE_KEY, region="us", actor=None, after=2
    )

    assert live_cursor(connection).position == 2


def test_the_first_event_makes_the_cursor_due():
    feed = factories.feed()
    connection = connect(feed)

    factories.append(feed, 1, now=LATER)

    assert live_cursor(connection).due_at == LATER


def test_text_copied_around_a_key_is_removed():
    connection = connect(factories.feed(), f"  {factories.WRITE_KEY}\n")

    assert open_write_key(connection).text == factories.WRITE_KEY


def test_an_invalid_write_key_is_refused_with_an_explanation():
    with pytest.raises(InvalidKeyFormat, match="a token of Segment's Public API"):
        connect(factories.feed(), "sgp_" + "x" * 64)

    assert not Connection.objects.exists()


def test_a_key_of_another_workspace_is_refused():
    connect(factories.feed())

    with pytest.raises(KeyInUse, match="Another workspace already uses"):
        connect(factories.feed())


def test_a_key_of_another_stream_of_the_workspace_is_refused():
    feed = factories.feed()
    connect(feed)
    other = factories.feed(factories.stream(feed.stream.partner), feed.workspace)

    with pytest.raises(KeyInUse, match="Another stream of this workspace"):
        connect(other)


def test_a_deleted_connections_key_can_be_used_again():
    services.delete(connection=connect(factories.feed()), actor=None)

    assert connect(factories.feed()).pk


def test_a_feed_has_one_connection():
    feed = factories.feed()
    connect(feed)

    with pytest.raises(AlreadyConnected):
        connect(feed, OTHER_KEY)


def test_a_region_that_the_operator_does_not_allow_is_refused(settings):
    settings.SANDBOX_URL = ""

    with pytest.raises(RegionNotOffered):
        connect(factories.feed(), region=Region.SANDBOX)
    with pytest.raises(RegionNotOffered):
        connect(factories.feed(), region="mars")


def test_connecting_is_audited_without_the_key():
    cast = factories.cast()

    connection = connect(cast.feed, actor=cast.alice)

    entry = last_entry()
    assert (entry.action, entry.actor, entry.workspace, entry.partner) == (
        "connection.made",
        cast.alice,
        cast.workspace,
        cast.partner,
    )
    assert entry.detail == {
        "connection": connection.public_id,
        "key": "…0001",
        "region": "us",
        "after": 0,
    }


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_connections_of_a_feed_one_is_refused():
    feed = factories.feed()

    told = at_once(lambda: connect(feed), lambda: connect(feed, OTHER_KEY))

    assert [type(error) for error in told] == [AlreadyConnected]
    assert Connection.objects.count() == Cursor.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_workspaces_that_use_a_key_at_once_one_is_refused():
    first, second = factories.feed(), factories.feed()

    told = at_once(lambda: connect(first), lambda: connect(second))

    assert [type(error) for error in told] == [KeyInUse]
    assert Connection.objects.count() == Cursor.objects.count() == 1


def at_once(*calls):
    """Run these at the same time; return the errors that they raise."""
    start = threading.Barrier(len(calls))

    def run(call):
        start.wait()
        try:
            call()
        finally:
            database.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        done = [threads.submit(run, call) for call in calls]
    return [error for one in done if (error := one.exception())]


# --- Change ----------------------------------------------------------------------------


def test_queued_events_go_to_the_new_key_and_region():
    cursor = factories.due_cursor(
        events=3, connection=factories.connection(region=Region.US)
    )

    services.replace(
        connection=cursor.connection, write_key=OTHER_KEY, region=Region.EU, actor=None
    )

    connection = Connection.objects.get()
    assert open_write_key(connection).text == OTHER_KEY
    assert (connection.region, connection.key_last4) == ("eu", "0001")
    assert live_cursor(connection).position == 0


def test_the_key_stays_if_only_the_region_changes():
    connection = factories.connection(write_key=factories.WRITE_KEY, region=Region.US)

    services.replace(connection=connection, region=Region.EU, actor=None)

    connection.refresh_from_db()
    assert open_write_key(connection).text == factories.WRITE_KEY
    assert connection.region == "eu"


def test_a_new_key_must_be_verified_again():
    connection = factories.connection(
        known=True, known_at=factories.NOW, seen_at=factories.NOW, test_code="1234"
    )

    services.replace(connection=connection, write_key=OTHER_KEY, actor=None)

    assert (connection.known, connection.known_at, connection.seen_at) == (
        None,
        None,
        None,
    )
    assert connection.test_code == ""


def test_a_change_ends_waits_and_resolves_attention():
    cursor = factories.cursor(
        factories.connection(
            status="attention", status_reason="Segment refused the key."
        ),
        held=True,
        due_at=LATER + timedelta(days=400_000),
        failures=7,
        failing_since=factories.NOW,
        suspect_seq=5,
    )

    services.replace(connection=cursor.connection, write_key=OTHER_KEY, actor=None)

    connection = Connection.objects.get()
    assert (connection.status, connection.status_reason) == ("active", "")
    cursor.refresh_from_db()
    assert (cursor.held, cursor.failures, cursor.failing_since, cursor.suspect_seq) == (
        False,
        0,
        None,
        None,
    )
    assert cursor.due_at < LATER + timedelta(days=400_000)


def test_a_paused_connection_stays_paused_when_its_key_changes():
    cursor = factories.cursor(factories.connection(status="paused"), held=True)

    services.replace(connection=cursor.connection, write_key=OTHER_KEY, actor=None)

    cursor.refresh_from_db()
    assert (Connection.objects.get().status, cursor.held) == ("paused", True)


def test_the_key_of_another_workspace_is_refused_in_a_change():
    factories.connection(write_key=OTHER_KEY)
    connection = factories.connection(write_key=factories.WRITE_KEY)

    with pytest.raises(KeyInUse):
        services.replace(connection=connection, write_key=OTHER_KEY, actor=None)

    connection.refresh_from_db()
    assert open_write_key(connection).text == factories.WRITE_KEY


def test_a_change_over_anothers_change_is_refused():
    seen_by_alice = factories.connection(region=Region.US)
    seen_by_anna = Connection.objects.get()
    services.replace(connection=seen_by_anna, write_key=OTHER_KEY, actor=None)

    with pytest.raises(ConnectionConflict):
        services.replace(connection=seen_by_alice, region=Region.EU, actor=None)

    assert Connection.objects.get().region == "us"


def test_a_change_is_audited_with_the_former_values():
    connection = factories.connection(write_key=factories.WRITE_KEY, region=Region.US)

    services.replace(connection=connection, region=Region.EU, actor=None)

    entry = last_entry()
    assert (entry.action, entry.detail["region"], entry.detail["before"]) == (
        "connection.replaced",
        "eu",
        "…0001, United States",
    )


def test_the_impact_says_how_many_events_go_where():
    cursor = factories.due_cursor(
        events=3,
        connection=factories.connection(write_key=factories.WRITE_KEY, region="us"),
    )

    impact = services.impact(
        connection=cursor.connection, write_key="b" * 32, region=Region.EU
    )

    assert impact == services.ChangeImpact(
        queued=3,
        oldest_at=factories.NOW,
        replaying=0,
        now_to="…0001, United States",
        then_to="…bbbb, Europe (Ireland)",
    )


def test_the_impact_counts_from_the_position():
    cursor = factories.due_cursor(events=2)
    factories.append(cursor.feed, 1, now=LATER)
    Cursor.objects.update(position=2, position_at=factories.NOW)

    impact = services.impact(connection=cursor.connection)

    assert (impact.queued, impact.oldest_at) == (1, LATER)
    assert impact.now_to == impact.then_to == f"…{cursor.connection.key_last4}, Sandbox"


def test_with_nothing_queued_there_is_no_oldest_event():
    impact = services.impact(connection=factories.cursor().connection)

    assert (impact.queued, impact.oldest_at) == (0, None)


def test_the_impact_of_a_key_in_use_elsewhere_is_a_refusal():
    factories.connection(write_key=OTHER_KEY)

    with pytest.raises(KeyInUse):
        services.impact(connection=factories.cursor().connection, write_key=OTHER_KEY)


# --- Pause, resume, retry --------------------------------------------------------------


def test_a_paused_connection_queues_its_events_until_it_is_resumed():
    cursor = factories.due_cursor()

    status.pause(connection=cursor.connection, actor=None)
    cursor.refresh_from_db()
    assert (cursor.connection.status, cursor.held) == ("paused", True)

    status.resume(connection=cursor.connection, actor=None)
    cursor.refresh_from_db()
    assert (cursor.connection.status, cursor.held) == ("active", False)
    assert cursor.due_at == factories.NOW


def test_events_that_arrive_during_a_pause_are_held_and_due():
    cursor = factories.cursor()
    status.pause(connection=cursor.connection, actor=None)

    factories.append(cursor.feed)

    cursor.refresh_from_db()
    assert (cursor.held, cursor.due_at) == (True, factories.NOW)


def test_a_connection_that_is_not_active_cannot_be_paused():
    connection = factories.cursor().connection
    status.pause(connection=connection, actor=None)

    with pytest.raises(CannotPause):
        status.pause(connection=connection, actor=None)


def test_an_active_connection_cannot_be_resumed():
    with pytest.raises(CannotResume):
        status.resume(connection=factories.cursor().connection, actor=None)


def test_a_refused_key_needs_attention_and_queues_events():
    cursor = factories.due_cursor()

    status.need_attention(connection=cursor.connection, reason="Refused (401).")

    cursor.refresh_from_db()
    connection = Connection.objects.get()
    assert (connection.status, connection.status_reason, cursor.held) == (
        "attention",
        "Refused (401).",
        True,
    )
    entry = last_entry()
    assert (entry.action, entry.actor) == ("connection.needs_attention", None)


def test_resuming_resolves_the_attention():
    cursor = factories.due_cursor()
    status.need_attention(connection=cursor.connection, reason="Refused (401).")

    status.resume(connection=cursor.connection, actor=None)

    cursor.refresh_from_db()
    assert (cursor.connection.status, cursor.held) == ("active", False)
    assert Connection.objects.get().status_reason == ""


def test_a_late_refusal_of_a_former_key_does_not_affect_the_new_one():
    cursor = factories.due_cursor()
    as_the_engine_knew_it = Connection.objects.get()
    services.replace(connection=cursor.connection, write_key=OTHER_KEY, actor=None)

    status.need_attention(connection=as_the_engine_knew_it, reason="Refused (401).")

    cursor.refresh_from_db()
    assert (Connection.objects.get().status, cursor.held) == ("active", False)


def test_a_refusal_does_not_change_a_paused_connection():
    cursor = factories.due_cursor()
    status.pause(connection=cursor.connection, actor=None)

    status.need_attention(connection=cursor.connection, reason="Refused (401).")

    assert Connection.objects.get().status == "paused"


def test_retry_now_does_not_wait_for_the_next_retry():
    far = factories.NOW + timedelta(days=400_000)
    cursor = factories.cursor(due_at=far, failures=5)

    status.retry_now(connection=cursor.connection, actor=None)

    cursor.refresh_from_db()
    assert cursor.due_at < far
    assert cursor.failures == 5


def test_retrying_without_anything_to_retry_is_refused():
    with pytest.raises(CannotRetry):
        status.retry_now(connection=factories.cursor().connection, actor=None)

    held = factories.cursor(
        factories.connection(status="paused"), held=True, due_at=factories.NOW
    )
    with pytest.raises(CannotRetry):
        status.retry_now(connection=held.connection, actor=None)


# --- Delete ----------------------------------------------------------------------------


def test_a_deleted_connection_keeps_its_past_events_and_not_its_key():
    cursor = factories.due_cursor()

    services.delete(connection=cursor.connection, actor=None)

    connection = Connection.objects.get()
    assert connection.deleted_at is not None
    assert (bytes(connection.key_ciphertext), connection.key_fingerprint) == (b"", "")
    cursor.refresh_from_db()
    assert cursor.held


def test_the_next_connection_starts_where_a_deleted_one_stopped():
    cursor = factories.due_cursor(events=5)
    Cursor.objects.update(position=3, position_at=factories.NOW)
    services.delete(connection=cursor.connection, actor=None)

    new = live_cursor(connect(cursor.feed))

    assert (new.start, new.position, new.position_at) == (3, 3, factories.NOW)
    assert new.due_at is not None


def test_if_everything_was_sent_the_next_connection_has_nothing_to_send():
    cursor = factories.due_cursor(events=2)
    Cursor.objects.update(position=2, position_at=factories.NOW, due_at=None)
    services.delete(connection=cursor.connection, actor=None)

    new = live_cursor(connect(cursor.feed))

    assert (new.start, new.due_at) == (2, None)


def test_a_late_response_of_a_deleted_connection_does_not_move_its_successors():
    """The next connection accounts for those events; moving it would leave a gap."""
    first = factories.due_cursor(events=5)
    services.delete(connection=first.connection, actor=None)
    second = connect(first.feed)
    Cursor.objects.filter(pk=first.pk).update(position=4)
    services.delete(connection=second, actor=None)

    third = live_cursor(connect(first.feed))

    assert third.start == 0


def test_a_deleted_connection_cannot_be_changed():
    connection = factories.due_cursor().connection
    services.delete(connection=connection, actor=None)

    with pytest.raises(ConnectionConflict):
        services.delete(connection=connection, actor=None)
    with pytest.raises(CannotResume):
        status.resume(connection=connection, actor=None)
    with pytest.raises(CannotTest):
        verification.send_test_event(connection=connection, actor=None)


# --- Verify ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "known"), [(factories.WRITE_KEY, True), (OTHER_KEY, False)]
)
def test_segment_is_asked_whether_it_knows_the_key(settings, segment, key, known):
    settings.SEGMENT_CDN_URL = f"{segment.url}/v1"
    segment.know({"write_key": factories.WRITE_KEY})
    connection = factories.connection(write_key=key, region=Region.US)

    assert verification.check_known(connection=connection) is known

    assert connection.known is known
    assert connection.known_at is not None


def test_the_key_stays_unverified_if_segment_cannot_be_asked(settings):
    settings.SEGMENT_CDN_URL = "http://127.0.0.1:9/v1"
    connection = factories.connection(region=Region.US, known=True)

    assert verification.check_known(connection=connection) is None

    assert connection.known is None


def test_a_test_event_is_in_the_feed_with_its_code():
    cursor = factories.cursor()

    sent = verification.send_test_event(connection=cursor.connection, actor=None)

    event = Event.objects.get()
    content = json.loads(bytes(event.payload))
    stream = cursor.stream
    assert (event.seq, content["event"]) == (sent.seq, "Connection Tested")
    assert content["properties"] == {"code": sent.code, "stream": stream.name}
    assert content["context"]["integration"] == {
        "name": stream.slug,
        "version": "1.0.0",
    }
    assert Connection.objects.get().test_code == sent.code
    cursor.refresh_from_db()
    assert cursor.due_at is not None


def test_a_confirmation_stays_when_another_test_event_is_sent():
    connection = factories.cursor().connection
    verification.send_test_event(connection=connection, actor=None)

    verification.confirm_seen(connection=connection, actor=None)
    confirmed = connection.seen_at
    verification.send_test_event(connection=connection, actor=None)

    assert confirmed is not None
    assert connection.seen_at == confirmed


def test_without_a_test_event_there_is_nothing_to_confirm():
    with pytest.raises(CannotConfirm):
        verification.confirm_seen(connection=factories.cursor().connection, actor=None)


# --- The key stays secret --------------------------------------------------------------


@pytest.mark.parametrize("breaks", ["the feed is gone", "the ring is broken"])
def test_the_key_is_in_no_error_report(settings, breaks):
    feed = factories.feed()
    if breaks == "the feed is gone":
        Feed.objects.all().delete()
    else:
        settings.ENCRYPTION_KEYS = ["broken"]

    with pytest.raises((Feed.DoesNotExist, KeyRingError)) as failed:
        services.connect(
            feed=feed, write_key=factories.WRITE_KEY, region=Region.US, actor=None
        )

    report = ExceptionReporter(None, failed.type, failed.value, failed.tb)
    assert factories.WRITE_KEY not in report.get_traceback_text()
    assert factories.WRITE_KEY not in local_variables(report)


def local_variables(report):
    frames = report.get_traceback_data()["frames"]
    ours = [frame for frame in frames if "/streams/" in frame["filename"]]
    assert ours
    return repr([frame["vars"] for frame in ours])


def test_the_key_is_in_no_error_log_or_audit_entry(caplog, settings):
    caplog.set_level(logging.DEBUG)
    settings.SEGMENT_CDN_URL = "http://127.0.0.1:9/v1"
    connection = connect(factories.feed())
    verification.check_known(connection=connection)
    verification.send_test_event(connection=connection, actor=None)
    with pytest.raises(KeyInUse) as refused:
        connect(factories.feed())
    services.replace(connection=connection, region=Region.EU, actor=None)
    services.delete(connection=connection, actor=None)

    told = [
        caplog.text,
        "".join(traceback.format_exception(refused.value)),
        repr(list(AuditEntry.objects.values_list("action", "detail"))),
        repr(connection.__dict__),
    ]

    assert [text for text in told if factories.WRITE_KEY in text] == []
