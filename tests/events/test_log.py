from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import DataError, connection, transaction

from streams.delivery.retention.pruning import prune
from streams.events.log import (
    IN_QUARANTINE,
    FeedAddition,
    NewEvent,
    UnknownFeed,
    append,
)
from streams.events.models import Event, FeedMark, QuarantinedEvent, SeenMessage
from streams.events.store.partitions import make_partitions
from tests import factories

pytestmark = pytest.mark.django_db


def event(message_id: str, payload: bytes = b"{}") -> NewEvent:
    return NewEvent("track", "Email Opened", "u-1", message_id, payload)


def add(feed, *message_ids: str, now=factories.NOW):
    with transaction.atomic():
        return append(
            [FeedAddition(feed.pk, [event(m) for m in message_ids])], now=now
        )[0]


def test_numbers_have_no_gaps():
    feed = factories.feed()

    assert add(feed, "a", "b") == [1, 2]
    assert add(feed, "c") == [3]

    feed.refresh_from_db()
    assert (feed.head_seq, feed.head_at) == (3, factories.NOW)


def test_an_event_is_stored_byte_by_byte():
    feed = factories.feed()
    payload = '{"b": 1.0,  "a":"é\\u0000"}'.encode()

    with transaction.atomic():
        append([FeedAddition(feed.pk, [event("a", payload)])], now=factories.NOW)

    stored = Event.objects.get(feed=feed, seq=1)
    assert bytes(stored.payload) == payload
    assert (stored.type, stored.name, stored.user_id, stored.message_id) == (
        "track", "Email Opened", "u-1", "a",
    )  # fmt: skip
    assert stored.received_at == factories.NOW


def test_a_message_is_stored_once_in_the_window():
    feed = factories.feed()
    add(feed, "a", "b")

    again = add(feed, "b", "c", "a", now=factories.NOW + timedelta(hours=24))

    assert again == [None, 3, None]


def test_a_message_twice_in_one_request_is_stored_once():
    assert add(factories.feed(), "a", "a", "b") == [1, None, 2]


def test_after_the_window_the_same_message_is_a_new_event():
    feed = factories.feed()
    add(feed, "a")

    assert add(feed, "a", now=factories.NOW + timedelta(hours=48, seconds=1)) == [2]


def test_feeds_do_not_share_their_messages():
    first, second = factories.feed(), factories.feed()

    add(first, "a")

    assert add(second, "a") == [1]


def test_several_feeds_are_written_in_one_call():
    first, second = factories.feed(), factories.feed()

    with transaction.atomic():
        seqs = append(
            [
                FeedAddition(second.pk, [event("x"), event("y")]),
                FeedAddition(first.pk, [event("x")]),
                FeedAddition(second.pk, [event("y"), event("z")]),
            ],
            now=factories.NOW,
        )

    assert seqs == [[1, 2], [1], [None, 3]]


def test_an_unknown_feed_fails_the_whole_call_and_writes_nothing():
    feed = factories.feed()

    with pytest.raises(UnknownFeed), transaction.atomic():
        append(
            [FeedAddition(feed.pk, [event("a")]), FeedAddition(-1, [])],
            now=factories.NOW,
        )

    assert not Event.objects.exists()


def test_times_in_a_feed_never_go_back_even_if_the_clock_does():
    feed = factories.feed()
    add(feed, "a")

    add(feed, "b", now=factories.NOW - timedelta(hours=1))

    assert Event.objects.get(feed=feed, seq=2).received_at == factories.NOW


def test_the_first_event_of_a_quarter_hour_leaves_a_checkpoint():
    feed = factories.feed()

    add(feed, "a", "b", now=factories.NOW)
    add(feed, "c", now=factories.NOW + timedelta(seconds=1))
    add(feed, "d", now=factories.NOW + timedelta(minutes=15))

    marks = FeedMark.objects.filter(feed_id=feed.pk).order_by("at")
    assert [mark.seq for mark in marks] == [0, 3]


def test_message_ids_older_than_the_window_are_deleted():
    feed = factories.feed()
    add(feed, "old", now=factories.NOW - timedelta(days=4))
    add(feed, "young", now=factories.NOW - timedelta(hours=1))

    prune(now=factories.NOW)

    assert SeenMessage.objects.count() == 1
    assert add(feed, "young") == [None]


def test_pruning_twice_has_no_effect():
    prune(now=factories.NOW)
    prune(now=factories.NOW)

    assert add(factories.feed(), "a") == [1]


if connection.vendor == "postgresql":  # SQLite has no partitions

    def test_events_go_to_the_partition_of_their_day():
        make_partitions(factories.NOW.date())

        add(factories.feed(), "a")

        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text FROM streams_event")
            assert cursor.fetchone() == (f"streams_event_{factories.NOW:%Y%m%d}",)

    def test_a_failure_in_a_copy_raises_a_database_error_like_any_other():
        with pytest.raises(DataError):
            add(factories.feed(), "longer than the column " * 10)

    def test_the_seen_messages_are_never_read_in_full():
        """A day's partition starts empty: a plan made then would read all of it."""
        feed, before = factories.feed(), scans_of_what_was_seen()

        for n in range(7):  # after some runs, PostgreSQL caches a plan
            add(feed, *[f"{n}-{m}" for m in range(1_000)])

        whole, by_index = scans_of_what_was_seen()
        assert whole == before[0]
        assert by_index > before[1]

    def scans_of_what_was_seen() -> tuple[int, int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(seq_scan), sum(idx_scan) FROM pg_stat_xact_user_tables"
                " WHERE relname LIKE 'streams_seenmessage%'"
            )
            return cursor.fetchone()


@pytest.mark.django_db(transaction=True)
def test_many_writers_of_one_feed_assign_each_number_once():
    feed, given = factories.feed(), []

    def write(writer: int) -> None:
        for turn in range(10):
            given.extend(add(feed, *(f"{writer}-{turn}-{n}" for n in range(3))))
        connection.close()

    threads = [threading.Thread(target=write, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(given) == list(range(1, 121))
    stored = Event.objects.filter(feed=feed).values_list("seq", flat=True)
    assert sorted(stored) == list(range(1, 121))


@pytest.mark.parametrize("count", [3, 300])  # few rows, and enough for a COPY
def test_quarantined_events_are_stored_in_order_beside_the_log_without_a_number(count):
    feed, other = factories.feed(), factories.feed()
    group = [event(f"m{n}") for n in range(count)]
    mixed = [
        e.quarantined("PLAN-EVENT-001") if n % 2 else e for n, e in enumerate(group)
    ]
    all_held = [e.quarantined("SPEC-NAME-003") for e in group]

    with transaction.atomic():
        additions = [FeedAddition(feed.pk, mixed), FeedAddition(other.pk, all_held)]
        seqs, none = append(additions, now=factories.NOW)

    feed.refresh_from_db()
    other.refresh_from_db()
    held = QuarantinedEvent.objects.order_by("pk")
    assert [seq for seq in seqs if seq] == list(range(1, (count + 1) // 2 + 1))
    assert none == [IN_QUARANTINE] * count
    assert (feed.head_seq, feed.quarantined) == ((count + 1) // 2, count // 2)
    assert (other.head_seq, other.head_at, other.quarantined) == (0, None, count)
    assert [row.message_id for row in held.filter(feed=feed)] == [
        f"m{n}" for n in range(1, count, 2)
    ]
    first = held.filter(feed=other)[0]
    assert (first.rule, first.type, first.name, first.user_id, first.received_at) == (
        "SPEC-NAME-003", "track", "Email Opened", "u-1", factories.NOW,
    )  # fmt: skip
    assert bytes(first.payload) == b"{}"


def test_a_quarantined_event_that_is_sent_again_is_a_duplicate():
    feed = factories.feed()
    held = FeedAddition(feed.pk, [event("a").quarantined("PLAN-EVENT-001")])
    with transaction.atomic():
        append([held], now=factories.NOW)

    assert add(feed, "a", "b") == [None, 1]
