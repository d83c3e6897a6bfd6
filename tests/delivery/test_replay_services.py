"""Replays from their creation to their end, against a real server."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.connection import services
from streams.delivery.connection import status as connection_status
from streams.delivery.engine.batch_reader import BatchReader
from streams.delivery.engine.drain import drain
from streams.delivery.engine.store_outcome import CompletedRequest, record
from streams.delivery.event_status import EventState, attempts_with, statuses
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.delivery.replay import services as replays
from streams.delivery.replay.filter import (
    EventRange,
    MatchCount,
    ReplayFilter,
    ReplaySelection,
)
from streams.delivery.replay.models import Replay
from streams.delivery.replay.services import CannotCancel, CannotReplay, NothingToReplay
from streams.delivery.segment.responses import SegmentResponse
from streams.events.models import Event
from streams.observability import ledger
from streams.observability.reconcile import inconsistencies
from streams.tracked_users.counter import month_of
from streams.tracked_users.figures import months_of
from tests import factories

pytestmark = pytest.mark.django_db

ALL = ReplaySelection()
SUCCESS = '{"success": true}'
CLICKS = ReplayFilter(name="Email Clicked")


@pytest.fixture(autouse=True)
def _sandbox_region(settings, segment):
    settings.SANDBOX_URL = segment.url
    settings.SEGMENT_TIMEOUT_S = 1.0


def sent(events: int, *, clicks: range = range(0)) -> Cursor:
    """Return a live cursor that has sent this many events, some of them clicks."""
    live = factories.due_cursor(events)
    Event.objects.filter(feed=live.feed, seq__in=clicks).update(name="Email Clicked")
    factories.delivered(live, events)
    return live


def start(live: Cursor, wanted: ReplaySelection = ALL, **how) -> Replay:
    usual = {"new_ids": False, "actor": None, **how}
    replay, _ = replays.start_replay(connection=live.connection, wanted=wanted, **usual)
    return replay


def work_off(replay: Replay) -> Replay:
    """Drain until nothing is due; return the replay as it is then."""
    drain(replay.cursor.stream_id, stop=threading.Event(), linger_s=0.0)
    return look(replay)


def look(replay: Replay) -> Replay:
    return Replay.objects.select_related("cursor__feed").get(pk=replay.pk)


def numbers(live: Cursor, events) -> list[int]:
    """Return the numbers of events as Segment received them."""
    by_id = dict(Event.objects.filter(feed=live.feed).values_list("message_id", "seq"))
    return [by_id[event["messageId"]] for event in events]


def counts(replay: Replay) -> tuple[int, int, int, int]:
    cursor = replay.cursor
    return cursor.position, cursor.delivered, cursor.rejected, cursor.filtered


# --- What is selected, and how much it is -----------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "stretch"),
    [
        (ALL, EventRange(0, 8)),
        (ReplaySelection(first=3), EventRange(2, 8)),
        (ReplaySelection(last=5), EventRange(0, 5)),
        (ReplaySelection(first=3, last=100), EventRange(2, 8)),
        (ReplaySelection(first=-5, last=1), EventRange(0, 1)),
        (ReplaySelection(since=factories.NOW), EventRange(0, 8)),
        (ReplaySelection(until=factories.NOW + timedelta(hours=1)), EventRange(0, 8)),
    ],
)
def test_a_selection_covers_the_numbers_that_were_sent(wanted, stretch):
    live = sent(8)
    factories.append(live.feed, 2)  # queued events, which are sent anyway

    assert replays.select(live.connection, wanted) == stretch


def test_a_selection_by_time_covers_events_received_from_then_on():
    live = factories.due_cursor(events=3)
    for minute in (1, 20, 20, 21):
        factories.append(live.feed, 1, now=factories.NOW + timedelta(minutes=minute))
    factories.delivered(live, 7)
    since, until = (factories.NOW + timedelta(minutes=m) for m in (1, 21))

    found = replays.select(live.connection, ReplaySelection(since=since, until=until))

    assert found == EventRange(3, 6)


def test_expired_events_are_not_selected():
    live = sent(8)
    factories.expired(live.feed, 5)

    assert replays.select(live.connection, ALL) == EventRange(5, 8)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (ReplaySelection(first=9), "You can replay events 1 to 8"),
        (ReplaySelection(first=5, last=4), "This range has no events to replay"),
        (ReplaySelection(until=factories.NOW), "This range has no events to replay"),
        (ReplaySelection(since_trouble=True), "has had no delivery problems so far"),
    ],
)
def test_an_empty_selection_is_refused_with_the_available_range(wanted, words):
    with pytest.raises(NothingToReplay, match=words):
        replays.select(sent(8).connection, wanted)


def test_before_anything_was_sent_nothing_can_be_replayed():
    with pytest.raises(NothingToReplay, match="None of the events"):
        replays.select(factories.due_cursor(events=2).connection, ALL)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", [503, 401])
def test_since_the_last_failure_starts_at_the_first_event_of_that_attempt(
    segment, trouble
):
    live = sent(4)
    factories.append(live.feed, 3)
    segment.answers = [trouble]
    drain(live.stream_id, stop=threading.Event(), linger_s=0.0)
    if trouble == 401:
        connection_status.resume(connection=look_at(live.connection), actor=None)
    Cursor.objects.filter(pk=live.pk).update(due_at=now())
    drain(live.stream_id, stop=threading.Event(), linger_s=0.0)

    found = replays.select(live.connection, ReplaySelection(since_trouble=True))

    assert found == EventRange(4, 7)


def look_at(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def test_without_a_filter_the_count_is_arithmetic(django_assert_num_queries):
    live = sent(8)

    with django_assert_num_queries(0):
        found = replays.count(live.connection, EventRange(2, 8), ReplayFilter())

    assert found == MatchCount(events=6, looked_at=6, size=6)


def test_with_a_filter_events_are_counted_up_to_a_bound(monkeypatch):
    live = sent(10, clicks=range(1, 11, 2))

    exact = replays.count(live.connection, EventRange(0, 10), CLICKS)
    monkeypatch.setattr(replays, "COUNTED", 4)
    bounded = replays.count(live.connection, EventRange(0, 10), CLICKS)

    assert exact == MatchCount(events=5, looked_at=10, size=10)
    assert (bounded, bounded.is_exact) == (
        MatchCount(events=2, looked_at=4, size=10),
        False,
    )


def test_rejected_events_are_counted_without_reading_events(monkeypatch):
    monkeypatch.setattr(replays, "COUNTED", 1)
    live = factories.due_cursor(events=6)
    factories.delivered(live, 2)
    factories.rejected(live)
    factories.delivered(live, 5)
    factories.rejected(live)

    found = replays.count(
        live.connection, EventRange(3, 6), ReplayFilter(rejected_only=True)
    )

    assert found == MatchCount(events=1, looked_at=3, size=3)


# --- Starting ------------------------------------------------------------------------


def test_the_selection_and_its_author_are_stored_and_audited():
    live, alice = sent(8), factories.user()
    wanted = ReplaySelection(first=3, filter=CLICKS)

    replay = start(live, wanted, new_ids=True, actor=alice)

    cursor = replay.cursor
    assert (cursor.start, cursor.position, cursor.end_seq) == (2, 2, 8)
    assert (replay.filter, replay.new_ids, replay.state) == (CLICKS, True, "running")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor) == ("replay.started", alice)
    assert entry.detail["events"] == "3-8"
    assert entry.detail["filter"] == "Event: Email Clicked"


def test_one_replay_runs_at_a_time():
    live = sent(8)
    first = start(live)

    with pytest.raises(CannotReplay, match="A replay is already running"):
        start(live)

    replays.cancel_replay(replay=first, actor=None)
    assert start(live).pk != first.pk


def test_the_database_allows_one_replay_and_one_live_cursor_per_connection():
    live = sent(8)
    factories.replay(live)

    for again in (
        lambda: factories.replay(live),
        lambda: factories.cursor(live.connection),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            again()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "replay", "end_seq": None},
        {"kind": "replay", "end_seq": 7},
        {"end_seq": 8},
        {
            "kind": "replay",
            "end_seq": 9,
            "due_at": factories.NOW,
            "ended_at": factories.NOW,
        },
    ],
)
def test_the_database_refuses_an_inconsistent_cursor(wrong):
    live = sent(8)

    with pytest.raises(IntegrityError), transaction.atomic():
        Cursor.objects.filter(pk=live.pk).update(**wrong)


def test_two_requests_with_one_idempotency_key_get_one_replay():
    live, other = sent(8), sent(8)
    first, made = replays.start_replay(
        connection=live.connection, wanted=ALL, new_ids=False, actor=None, key="k"
    )
    replays.cancel_replay(replay=first, actor=None)

    again, made_again = replays.start_replay(
        connection=live.connection, wanted=ALL, new_ids=True, actor=None, key="k"
    )

    assert (again.pk, made, made_again) == (first.pk, True, False)
    assert start(other, key="k").pk != first.pk


def test_a_deleted_connection_cannot_be_replayed_to():
    live = sent(8)
    services.delete(connection=live.connection, actor=None)

    with pytest.raises(CannotReplay, match="deleted"):
        start(live)


# --- Sending -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_everything_is_sent_again_in_order_with_the_same_ids(segment):
    live = sent(40)

    replay = work_off(start(live))

    assert numbers(live, segment.events()) == list(range(1, 41))
    assert (replay.state, counts(replay)) == ("completed", (40, 40, 0, 0))
    assert replay.cursor.due_at is None
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_a_filter_sends_matching_events_and_accounts_for_the_others(segment):
    live = sent(6000, clicks=range(3, 6001, 1000))

    replay = work_off(start(live, ReplaySelection(filter=CLICKS)))

    assert numbers(live, segment.events()) == [3, 1003, 2003, 3003, 4003, 5003]
    assert (replay.state, counts(replay)) == ("completed", (6000, 6, 0, 5994))
    spans = Delivery.objects.order_by("pk").values_list(
        "first_seq", "last_seq", "events"
    )
    assert list(spans.filter(cursor=replay.cursor)) == [
        (3, 2003, 3), (3003, 5003, 3),
    ]  # fmt: skip
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_with_new_ids_segment_accepts_every_event_as_new(segment):
    live = factories.due_cursor(events=5)
    drain(live.stream_id, stop=threading.Event(), linger_s=0.0)

    replay = work_off(start(live, new_ids=True))

    stats = segment.stats()
    assert (stats["unique_message_ids"], stats["duplicates"]) == (10, 0)
    assert replay.cursor.delivered == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("new_ids", [True, False])
def test_the_people_of_replayed_events_are_tracked_users_of_this_month(new_ids):
    live = sent(40)
    month = month_of(now())
    assert not months_of([live.feed_id], [month]).of_all(month).size

    work_off(start(live, ReplaySelection(first=11), new_ids=new_ids))

    people = set(Event.objects.filter(seq__gte=11).values_list("user_id", flat=True))
    found = months_of([live.feed_id], [month]).of_all(month).size
    assert (found.people, found.is_exact) == (len(people), True)


@pytest.mark.django_db(transaction=True)
def test_people_of_a_replay_that_segment_refuses_are_not_tracked(segment):
    segment.behave({"answers": [], "then": 400})
    live, month = sent(1), month_of(now())

    work_off(start(live))

    assert not months_of([live.feed_id], [month]).of_all(month).size


@pytest.mark.django_db(transaction=True)
def test_with_the_same_ids_segment_drops_events_it_has_seen(segment):
    live = factories.due_cursor(events=5)
    drain(live.stream_id, stop=threading.Event(), linger_s=0.0)

    work_off(start(live))

    stats = segment.stats()
    assert (stats["unique_message_ids"], stats["duplicates"]) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_an_event_that_segment_rejects_again_is_found_and_the_others_arrive(segment):
    live = sent(60, clicks=range(2, 61, 3))
    bad = Event.objects.get(feed=live.feed, seq=29).message_id
    segment.behave({"only_event": bad, "answers": [], "then": 400})

    replay = work_off(start(live, ReplaySelection(filter=CLICKS)))

    assert Rejection.objects.get(cursor=replay.cursor).seq == 29
    assert (replay.state, counts(replay)) == ("completed", (60, 19, 1, 40))
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_a_replay_of_rejected_events_stops_and_live_events_continue(segment):
    live = sent(100)
    segment.behave({"answers": [], "then": 400})

    replay = work_off(start(live))
    segment.behave()
    factories.append(live.feed, 1)
    drain(live.stream_id, stop=threading.Event(), linger_s=0.0)

    live.refresh_from_db()
    assert (replay.state, counts(replay)) == ("stopped", (20, 0, 20, 0))
    assert replay.stopped_because == "Segment rejected 20 events in a row."
    assert look_at(live.connection).status == Connection.Status.ACTIVE
    assert live.position == 101
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_a_refused_key_stops_live_events_and_replays_alike(segment):
    live = sent(3)
    segment.answers = [401]

    replay = work_off(start(live))

    assert replay.state == "held"
    assert look_at(live.connection).status == Connection.Status.ATTENTION
    connection_status.resume(connection=look_at(live.connection), actor=None)
    assert work_off(replay).state == "completed"


@pytest.mark.django_db(transaction=True)
def test_new_events_do_not_wake_a_replay_that_has_ended(segment):
    live = sent(3)
    replay = work_off(start(live))

    factories.append(live.feed, 2)

    assert look(replay).cursor.due_at is None
    work_off(replay)
    assert numbers(live, segment.events()) == [1, 2, 3, 4, 5]


def test_the_ledger_describes_the_live_cursor_only():
    live = factories.due_cursor(events=6)
    factories.delivered(live, 4)
    before = ledger.of(live.feed)

    factories.replay(live, position=2, rejected=1)

    assert ledger.of(live.feed) == before


@pytest.mark.django_db(transaction=True)
def test_filtered_and_expired_events_are_counted_separately(segment):
    live = sent(8, clicks=range(2, 9, 2))
    replay = start(live, ReplaySelection(filter=CLICKS))
    factories.expired(live.feed, 3)

    done = work_off(replay)

    assert numbers(live, segment.events()) == [4, 6, 8]
    assert (done.cursor.delivered, done.cursor.filtered, done.cursor.expired) == (
        3,
        2,
        3,
    )
    assert list(inconsistencies(live.feed)) == []


def test_an_event_lists_the_attempts_of_replays_that_sent_it(segment):
    live = sent(6, clicks=range(2, 7, 2))
    replay = work_off(start(live, ReplaySelection(filter=CLICKS)))
    first, again = Delivery.objects.order_by("pk")

    assert attempts_with(live.feed, 4) == [again, first]
    assert attempts_with(live.feed, 3) == [first]  # within the range, but skipped
    assert again.cursor_id == replay.pk


# --- Recovering rejected events ----------------------------------------------------------


REJECTED_ONLY = ReplaySelection(filter=ReplayFilter(rejected_only=True))


def with_two_rejected() -> Cursor:
    """Return a live cursor that has sent six events, of which 2 and 5 were rejected."""
    live = factories.due_cursor(6)
    factories.delivered(live, 1)
    factories.rejected(live)
    factories.delivered(live, 4)
    factories.rejected(live)
    factories.delivered(live, 6)
    return live


def states(live: Cursor) -> dict[int, EventState]:
    events = list(Event.objects.filter(feed=live.feed))
    return {seq: status.state for seq, status in statuses(live.feed, events).items()}


@pytest.mark.django_db(transaction=True)
def test_rejected_events_that_a_replay_delivers_are_recovered(segment):
    live = with_two_rejected()

    replay = work_off(start(live, REJECTED_ONLY))

    [second, fifth] = Rejection.objects.filter(cursor=live).order_by("seq")
    assert second.recovered_by_id == fifth.recovered_by_id == replay.pk
    assert second.recovered_at is not None
    found = states(live)
    assert found[2] == found[5] == EventState.RECOVERED
    assert found[1] == EventState.DELIVERED
    account = ledger.of(live.feed)
    assert (account.delivered, account.recovered, account.rejected) == (4, 2, 0)
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_an_event_that_the_replay_skipped_stays_rejected(segment):
    live = with_two_rejected()
    Event.objects.filter(feed=live.feed, seq__in=[1, 5, 6]).update(name="Email Clicked")

    work_off(start(live, ReplaySelection(filter=CLICKS)))

    assert states(live)[2] == EventState.REJECTED
    assert states(live)[5] == EventState.RECOVERED
    account = ledger.of(live.feed)
    assert (account.delivered, account.recovered, account.rejected) == (4, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_an_event_that_segment_rejects_again_stays_rejected(segment):
    live = with_two_rejected()
    bad = Event.objects.get(feed=live.feed, seq=5).message_id
    segment.behave({"only_event": bad, "answers": [], "then": 400})

    work_off(start(live, REJECTED_ONLY))

    assert states(live)[2] == EventState.RECOVERED
    assert states(live)[5] == EventState.REJECTED
    assert ledger.of(live.feed).rejected == 1
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_recovered_events_are_not_offered_again(segment):
    live = with_two_rejected()
    span = EventRange(0, 6)
    assert replays.count(live.connection, span, REJECTED_ONLY.filter).events == 2

    work_off(start(live, REJECTED_ONLY))
    again = work_off(start(live, REJECTED_ONLY))

    assert replays.count(live.connection, span, REJECTED_ONLY.filter).events == 0
    assert counts(again) == (6, 0, 0, 6)
    assert len(segment.events()) == 2


@pytest.mark.django_db(transaction=True)
def test_the_replay_that_recovered_an_event_still_lists_its_attempt(segment):
    live = with_two_rejected()

    work_off(start(live, REJECTED_ONLY))

    newest, _rejected = attempts_with(live.feed, 5)
    assert newest.outcome == Delivery.Outcome.DELIVERED
    assert newest.cursor.kind == Cursor.Kind.REPLAY


@pytest.mark.django_db(transaction=True)
def test_events_rejected_at_an_earlier_connection_are_recovered_too(segment):
    first = with_two_rejected()
    services.delete(connection=first.connection, actor=None)
    second = factories.cursor(factories.connection(first.feed), start=6, position=6)

    work_off(start(second, REJECTED_ONLY))

    assert states(second)[2] == states(second)[5] == EventState.RECOVERED
    account = ledger.of(first.feed)
    assert (account.delivered, account.recovered, account.rejected) == (4, 2, 0)
    assert list(inconsistencies(first.feed)) == []


# --- Pausing and canceling ------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_replay_is_paused_with_its_connection(segment):
    live = sent(3)
    replay = start(live)

    connection_status.pause(connection=live.connection, actor=None)
    assert work_off(replay).state == "held"
    assert segment.events() == []

    connection_status.resume(connection=look_at(live.connection), actor=None)
    assert work_off(replay).state == "completed"


def test_a_replay_created_during_a_pause_does_not_start():
    live = sent(3)
    connection_status.pause(connection=live.connection, actor=None)

    assert start(live).state == "held"
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_the_rest_of_a_replay_follows_a_changed_connection(segment):
    live, key = sent(3), factories.write_key()
    replay = start(live)

    impact = services.impact(connection=live.connection, write_key=key)
    services.replace(connection=live.connection, write_key=key, actor=None)
    work_off(replay)

    assert impact.replaying == 3
    assert numbers(live, segment.events(key)) == [1, 2, 3]


def test_deleting_the_connection_stops_its_replay_and_says_why():
    live = sent(3)
    replay = start(live)

    services.delete(connection=live.connection, actor=None)

    replay = look(replay)
    assert (replay.state, replay.stopped_because) == (
        "stopped",
        "The connection was deleted.",
    )
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_a_canceled_replay_sends_nothing_more(segment):
    live, alice = sent(3), factories.user()
    replay = start(live)

    replays.cancel_replay(replay=replay, actor=alice)

    assert work_off(replay).state == "canceled"
    assert segment.events() == []
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor) == ("replay.cancelled", alice)
    with pytest.raises(CannotCancel, match="already ended"):
        replays.cancel_replay(replay=replay, actor=None)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A replay of three events that is sending the first two."""

    replay: Replay
    sent: CompletedRequest

    def answered(self, status: int) -> Replay:
        answer = SegmentResponse(status=status, text=SUCCESS, duration_ms=5)
        record(
            [CompletedRequest(self.sent.cursor, self.sent.batch, 9, now(), answer)],
            now=now(),
        )
        return look(self.replay)


@pytest.fixture
def under_way():
    live = sent(3)
    replay = start(live)
    cursor = Cursor.objects.select_related("connection", "feed").get(pk=replay.pk)
    Cursor.objects.filter(pk=replay.pk).update(suspect_seq=4)
    cursor.suspect_seq = 4
    batch = BatchReader().read(cursor)
    return UnderWay(
        replay,
        CompletedRequest(
            cursor, batch, 9, now(), SegmentResponse(status=200, text=SUCCESS)
        ),
    )


@pytest.mark.parametrize(
    ("status", "outcome", "position", "rejected"),
    [(200, "delivered", 1, 0), (503, "retry", 0, 0), (400, "rejected", 1, 1)],
)
def test_a_response_after_the_cancellation_counts_and_nothing_follows(
    under_way, status, outcome, position, rejected
):
    replays.cancel_replay(replay=under_way.replay, actor=None)
    ended_at = look(under_way.replay).cursor.ended_at

    replay = under_way.answered(status)

    assert Delivery.objects.get(cursor=replay.cursor).outcome == outcome
    assert (replay.cursor.position, replay.cursor.rejected) == (position, rejected)
    assert (replay.cursor.due_at, replay.cursor.ended_at) == (None, ended_at)
    assert replay.state == "canceled"


def test_recording_a_live_attempt_takes_no_query_about_replays():
    live = factories.due_cursor(events=3)
    cursor = Cursor.objects.select_related("connection", "feed").get(pk=live.pk)
    batch = BatchReader().read(cursor)
    statements = []

    def note(execute, sql, *rest):
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        record(
            [
                CompletedRequest(
                    cursor, batch, 9, now(), SegmentResponse(status=200, text=SUCCESS)
                )
            ],
            now=now(),
        )

    assert not [sql for sql in statements if "end_seq" in sql or "ended_at" in sql]
