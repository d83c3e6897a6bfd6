"""The engine against a real server: what Segment receives, and what is recorded."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from streams.base.clock import now
from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.connections.write_keys import open_write_key
from streams.delivery import lease
from streams.delivery.engine.batch_reader import BatchReader
from streams.delivery.engine.drain import Drain, drain
from streams.delivery.engine.due_cursors import DueCursors, unowned_due_streams
from streams.delivery.engine.sender import Sender
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor, CursorMark, Delivery, Rejection
from streams.events.models import Event, Feed
from tests import factories
from tests.delivery.background_drain import at_work
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _sandbox_region(settings, segment):
    settings.SANDBOX_URL = segment.url
    settings.SEGMENT_TIMEOUT_S = 1.0


def work_off(cursor: Cursor) -> None:
    """Drain until nothing is due; return the cursor as it is then."""
    drain(cursor.stream_id, stop=threading.Event(), linger_s=0.0)
    cursor.refresh_from_db()


def due(*, events: int, stream=None) -> Cursor:
    """Return a due cursor of a new connection."""
    return factories.due_cursor(events, factories.connection(factories.feed(stream)))


def message_ids(cursor: Cursor) -> list[str]:
    rows = Event.objects.filter(feed=cursor.feed_id).order_by("seq")
    return list(rows.values_list("message_id", flat=True))


def arrived(segment) -> list[str]:
    return [event["messageId"] for event in segment.events()]


def outcomes(cursor: Cursor) -> list[tuple[str, int]]:
    rows = Delivery.objects.filter(cursor=cursor).order_by("id")
    return list(rows.values_list("outcome", "events"))


def test_queued_events_are_sent_in_one_request_in_order(segment):
    cursor = due(events=3)

    work_off(cursor)

    assert arrived(segment) == message_ids(cursor)
    assert (cursor.position, cursor.due_at, cursor.delivered) == (3, None, 3)
    assert outcomes(cursor) == [("delivered", 3)]


def test_the_write_key_is_in_the_header_and_the_batch_is_compressed(segment):
    cursor = due(events=30)

    work_off(cursor)

    (request,) = segment.requests
    headers = {name.lower(): value for name, value in request["headers"].items()}
    assert (request["path"], request["events"]) == ("/v1/batch", 30)
    assert headers["content-encoding"] == "gzip"
    delivery = Delivery.objects.get(cursor=cursor)
    assert (delivery.status_code, delivery.first_seq, delivery.last_seq) == (200, 1, 30)


def test_a_backlog_is_sent_in_full_batches(segment):
    cursor = due(events=2000)

    work_off(cursor)

    first, second = Delivery.objects.filter(cursor=cursor).order_by("id")
    assert 499_000 < first.body_bytes <= 500_000
    assert (second.first_seq, second.last_seq) == (first.last_seq + 1, 2000)
    assert segment.stats()["unique_message_ids"] == 2000


def test_an_unavailable_segment_is_retried_later(segment):
    cursor = due(events=3)
    segment.behave({"answers": [], "then": 503})

    work_off(cursor)

    assert (cursor.position, cursor.held) == (0, False)
    last = Delivery.objects.filter(cursor=cursor).latest("pk")
    assert cursor.due_at > last.started_at
    assert cursor.failing_since is not None
    assert outcomes(cursor) == [("retry", 3)] * cursor.failures


def test_only_failed_attempts_keep_headers_and_all_keep_their_phases(segment):
    cursor = due(events=1)
    segment.answers = [{"status": 503, "headers": {"X-Proxy": "filter-7"}}]
    work_off(cursor)
    Cursor.objects.filter(pk=cursor.pk).update(due_at=now())
    work_off(cursor)

    failed, delivered = Delivery.objects.filter(cursor=cursor).order_by("pk")
    assert "X-Proxy: filter-7" in failed.headers
    assert delivered.headers == ""
    for attempt in (failed, delivered):
        assert 0 <= attempt.connect_ms <= attempt.first_byte_ms <= attempt.duration_ms


def test_after_a_failure_everything_arrives_once(segment):
    cursor = due(events=3)
    segment.answers = [503]
    work_off(cursor)

    Cursor.objects.filter(pk=cursor.pk).update(due_at=now())
    work_off(cursor)

    assert arrived(segment) == message_ids(cursor)
    assert (cursor.position, cursor.failures, cursor.failing_since) == (3, 0, None)


def test_retry_after_is_obeyed_in_full(segment):
    cursor = due(events=1)
    segment.answers = [{"status": 429, "headers": {"Retry-After": "7200"}}]

    work_off(cursor)

    waits = cursor.due_at - now()
    assert timedelta(seconds=7190) < waits <= timedelta(seconds=7200)


@pytest.mark.parametrize("answer", [{"reset": True}, {"hang_s": 5}])
def test_a_missing_response_is_retried(segment, answer):
    cursor = due(events=2)
    segment.answers = [answer]

    work_off(cursor)

    delivery = Delivery.objects.filter(cursor=cursor).earliest("id")
    assert (delivery.outcome, delivery.status_code) == ("retry", None)
    assert delivery.retry_at is not None


def test_one_bad_event_is_found_and_the_others_arrive(segment):
    cursor = due(events=100)
    bad = message_ids(cursor)[36]
    segment.behave({"only_event": bad, "answers": [], "then": 400})

    work_off(cursor)

    assert bad not in arrived(segment)
    assert len(arrived(segment)) == 99
    assert Rejection.objects.get(cursor=cursor).seq == 37
    assert (cursor.position, cursor.rejected, cursor.delivered) == (100, 1, 99)
    assert cursor.suspect_seq is None


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_key_stops_the_connection_and_loses_nothing(segment, status):
    cursor = due(events=3)
    segment.answers = [status]

    work_off(cursor)

    assert (cursor.position, cursor.held) == (0, True)
    connection = Connection.objects.get(pk=cursor.connection_id)
    assert connection.status == Connection.Status.ATTENTION
    assert str(status) in connection.status_reason
    assert outcomes(cursor) == [("held", 3)]


def test_a_segment_that_rejects_every_event_is_soon_not_believed(segment):
    cursor = due(events=200)
    segment.behave({"answers": [], "then": 400})

    work_off(cursor)

    assert (cursor.held, cursor.rejected) == (True, 20)
    assert Rejection.objects.count() == 20


def test_held_events_are_not_sent(segment):
    cursor = due(events=3)
    Cursor.objects.filter(pk=cursor.pk).update(held=True)

    work_off(cursor)

    assert (arrived(segment), cursor.position) == ([], 0)


def test_connections_take_turns(segment):
    stream = factories.stream()
    big = due(stream=stream, events=4000)
    small = due(stream=stream, events=1)

    work_off(big)

    order = list(Delivery.objects.order_by("id").values_list("cursor_id", flat=True))
    assert order.index(small.pk) <= 1
    assert order.count(big.pk) == 3


def test_the_first_move_in_a_quarter_hour_leaves_a_checkpoint(segment):
    cursor = due(events=2)

    work_off(cursor)

    mark = CursorMark.objects.get(cursor_id=cursor.pk)
    assert (mark.position, mark.rejected) == (0, 0)


def test_a_stream_with_nothing_due_is_polled_less_and_less_often(segment, monkeypatch):
    cursor, polls = factories.cursor(), []
    poll = DueCursors.poll

    def counted(*arguments, **options):
        polls.append(time.monotonic())
        return poll(*arguments, **options)

    monkeypatch.setattr(DueCursors, "poll", counted)
    drain(cursor.stream_id, stop=threading.Event(), linger_s=1.0)

    assert 5 < len(polls) < 60


def test_a_stream_with_another_owner_is_left_alone(segment):
    cursor = due(events=1)
    owned = lease.take(cursor.stream_id)

    assert drain(cursor.stream_id, stop=threading.Event(), linger_s=0.0) is False

    assert arrived(segment) == []
    owned.release()


def test_the_lease_is_released_when_the_work_is_done(segment):
    cursor = due(events=1)

    work_off(cursor)

    assert lease.take(cursor.stream_id) is not None


def test_a_worker_that_stops_sends_nothing_more(segment):
    cursor = due(events=1)
    stop = threading.Event()
    stop.set()

    drain(cursor.stream_id, stop=stop)

    assert arrived(segment) == []
    assert unowned_due_streams(now()) == [cursor.stream_id]


def test_the_receiver_of_a_backlog_counts_at_most_50_requests_in_any_second(segment):
    stream = factories.stream()
    with transaction.atomic():  # one commit, for speed
        cursors = [due(stream=stream, events=2) for _ in range(120)]

    work_off(cursors[0])

    stats = segment.stats()
    assert stats["worst_second"] <= 50
    assert stats["unique_message_ids"] == stats["events"] == 240


def test_a_worker_frozen_longer_than_its_lease_sends_nothing_more(segment, settings):
    cursor = due(events=1)
    lease.take(cursor.stream_id)
    long_ago = time.monotonic() - settings.LEASE_S - 1
    ran_out = lease.OwnedStream(cursor.stream_id, uuid4(), long_ago)
    key = open_write_key(cursor.connection)

    sent = Sender(ran_out).send(cursor, BatchReader().read(cursor), key)

    assert sent is None
    assert arrived(segment) == []


def test_a_connection_that_cannot_be_sent_to_costs_others_nothing(segment):
    stream = factories.stream()
    broken = factories.due_cursor(
        1, factories.connection(factories.feed(stream), region="mars")
    )
    well = due(stream=stream, events=1)

    work_off(well)

    broken.refresh_from_db()
    assert well.delivered == 1
    assert (broken.position, broken.held) == (0, False)
    first = Delivery.objects.filter(cursor=broken).earliest("id")
    assert broken.due_at > first.started_at
    assert (first.outcome, first.error) == (
        "retry",
        "The request could not be sent (ValueError).",
    )


def test_after_a_shift_a_worker_leaves_for_other_streams(segment, monkeypatch):
    monkeypatch.setattr("streams.delivery.engine.drain.SHIFT_S", 0.0)
    cursor, other = due(events=1), due(events=1)

    work_off(cursor)

    assert (cursor.position, cursor.due_at is None) == (0, False)
    waiting = {cursor.stream_id, other.stream_id}
    assert set(unowned_due_streams(now())) == waiting


def test_a_region_that_hangs_does_not_delay_the_others(segment, settings):
    settings.SENDER_THREADS = 4
    settings.SEGMENT_EU_URL = f"{segment.url_of('eu')}/v1"
    stream = factories.stream()
    hanging = [
        factories.due_cursor(
            1, factories.connection(factories.feed(stream), region="eu")
        )
        for _ in range(5)
    ]
    well = due(stream=stream, events=1)
    segment.behave({"region": "eu", "answers": [], "then": {"hang_s": 5}})

    work_off(well)

    first = Delivery.objects.filter(cursor__in=hanging).earliest("started_at")
    fine = Delivery.objects.get(cursor=well)
    assert fine.outcome == "delivered"
    waited = fine.started_at - first.started_at
    assert waited < timedelta(milliseconds=first.duration_ms)


def test_a_region_that_is_down_does_not_hide_cursors_that_become_due_later(
    segment, settings, monkeypatch
):
    monkeypatch.setattr("streams.delivery.engine.due_cursors.AT_ONCE", 3)
    settings.SEGMENT_EU_URL = f"{segment.url_of('eu')}/v1"
    stream = factories.stream()
    for _ in range(6):
        factories.due_cursor(
            1, factories.connection(factories.feed(stream), region="eu")
        )
    well = due(stream=stream, events=1)
    Cursor.objects.filter(pk=well.pk).update(due_at=now())
    segment.behave({"region": "eu", "answers": [], "then": {"status": 503}})

    with at_work(stream):
        until(lambda: arrived(segment) == message_ids(well))


def test_a_stream_can_have_another_rate_limit(segment):
    stream = factories.stream(requests_per_second=5)
    with transaction.atomic():  # one commit, for speed
        cursors = [due(stream=stream, events=1) for _ in range(12)]

    work_off(cursors[0])

    stats = segment.stats()
    assert (stats["worst_second"], stats["unique_message_ids"]) == (5, 12)


@pytest.mark.parametrize(
    "where", [{}, {"region": "sandbox"}], ids=["all regions", "its region"]
)
@pytest.mark.parametrize("of_stream", [True, False])
def test_a_halt_queues_events_and_lifting_it_sends_them(segment, of_stream, where):
    cursor = due(events=2)
    stream = cursor.stream if of_stream else None
    halt = Halt.objects.create(stream=stream, reason="Drill", **where)

    woken = unowned_due_streams(now())
    work_off(cursor)
    sent_while_halted = arrived(segment)
    halt.delete()

    assert (woken, sent_while_halted) == ([], [])
    assert unowned_due_streams(now()) == [cursor.stream_id]
    work_off(cursor)
    assert arrived(segment) == message_ids(cursor)


@pytest.mark.parametrize("elsewhere", ["another stream", "another region"])
def test_a_halt_of_another_stream_changes_nothing(segment, elsewhere):
    cursor = due(events=1)
    if elsewhere == "another stream":
        Halt.objects.create(stream=factories.stream(), reason="Drill")
    else:
        Halt.objects.create(region="eu", reason="Drill")

    work_off(cursor)

    assert arrived(segment) == message_ids(cursor)


def test_a_halt_stops_a_running_drain(segment, settings, monkeypatch):
    monkeypatch.setattr("streams.delivery.engine.drain.POLICY_AGE_S", 0.01)
    settings.SEGMENT_EU_URL = f"{segment.url_of('eu')}/v1"
    stream = factories.stream()
    halted = factories.due_cursor(
        1, factories.connection(factories.feed(stream), region="eu")
    )
    other = due(stream=stream, events=1)

    with at_work(stream) as drain:
        until(lambda: len(arrived(segment)) == 2)
        Halt.objects.create(region="eu", reason="Drill")
        until(lambda: drain._policy.halted_regions == {"eu"})
        factories.append(halted.feed, 1)
        factories.append(other.feed, 1)
        until(lambda: len(arrived(segment)) >= 3)

    assert arrived(segment)[2:] == message_ids(other)[1:]


@pytest.fixture
def _real_us(settings, segment):
    settings.SEGMENT_US_URL = f"{segment.url_of('us')}/v1"


def of_stage(stage: str, *, region: str = "us", is_test: bool = False) -> Cursor:
    """Return a due cursor with one event, in a stream of this stage."""
    stream = factories.stream(stage=stage)
    workspace = factories.workspace(stream.partner, is_test=is_test)
    feed = factories.feed(stream, workspace)
    return factories.due_cursor(1, factories.connection(feed, region=region))


@pytest.mark.usefixtures("_real_us")
@pytest.mark.parametrize(
    ("stage", "goes"),
    [
        ("draft", False), ("submitted", False), ("approved", True), ("in_qa", True),
        ("live", True), ("suspended", False),
    ],
)  # fmt: skip
def test_the_stage_of_a_stream_decides_whether_customers_receive_events(
    segment, stage, goes
):
    cursor = of_stage(stage)
    ids = message_ids(cursor) if goes else []

    woken = unowned_due_streams(now())
    work_off(cursor)

    assert (woken, arrived(segment)) == ([cursor.stream_id] if goes else [], ids)
    assert (cursor.due_at is None) is goes  # queued and not lost


@pytest.mark.usefixtures("_real_us")
@pytest.mark.parametrize(
    "test", [{"region": "sandbox"}, {"region": "sandbox-eu"}, {"is_test": True}]
)
@pytest.mark.parametrize("stage", ["draft", "suspended"])
def test_the_sandbox_and_test_workspaces_receive_events_in_every_stage(
    segment, stage, test
):
    cursor = of_stage(stage, **test)

    woken = unowned_due_streams(now())
    work_off(cursor)

    assert woken == [cursor.stream_id]
    assert arrived(segment) == message_ids(cursor)


def test_a_replay_depends_on_the_stage_too(segment):
    cursor = of_stage("draft")
    factories.delivered(cursor, 1)
    replay = factories.replay(cursor).cursor

    work_off(replay)

    assert (replay.position, arrived(segment)) == (0, [])


@pytest.mark.usefixtures("_real_us")
def test_a_stream_that_goes_live_sends_its_queued_events(segment):
    cursor = of_stage("suspended")
    work_off(cursor)

    Stream.objects.filter(pk=cursor.stream_id).update(stage="live")
    work_off(cursor)

    assert arrived(segment) == message_ids(cursor)


@pytest.mark.usefixtures("_real_us")
def test_a_connection_that_just_left_the_sandbox_is_not_sent_to(segment):
    cursor = of_stage("draft", region="sandbox")
    work = Drain(lease.take(cursor.stream_id), threading.Event(), linger_s=0.0)

    Connection.objects.update(region="us")  # the drain knows it as the sandbox's
    work.run()

    assert arrived(segment) == []


def test_a_cursor_that_is_due_without_events_becomes_idle(segment):
    cursor = factories.cursor(factories.connection(), due_at=factories.NOW)

    work_off(cursor)

    assert (cursor.due_at, arrived(segment)) == (None, [])


def test_a_gap_in_the_log_stops_the_connection(segment):
    cursor = due(events=3)
    Event.objects.filter(feed=cursor.feed).delete()

    work_off(cursor)

    reason = Connection.objects.values_list("status_reason", flat=True).get()
    assert (cursor.held, cursor.position, reason) == (
        True,
        0,
        "Event 1 is missing from the log.",
    )


if connection.vendor == "postgresql":  # SQLite has one writer at a time anyway

    def test_an_append_in_progress_delays_no_delivery(segment):
        cursor = due(events=1)

        with at_work(cursor.stream):
            with transaction.atomic():
                Feed.objects.select_for_update(no_key=True).get(pk=cursor.feed_id)
                until(lambda: Delivery.objects.filter(cursor=cursor).exists())
                cursor.refresh_from_db()
                settled_meanwhile = (cursor.position, cursor.due_at is None)
            until(lambda: Cursor.objects.filter(pk=cursor.pk, due_at=None).exists())

        assert settled_meanwhile == (1, False)
