from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection
from msgspec.structs import replace

from streams.base.database.session import DATABASE_DOWN
from streams.delivery.models import Cursor
from streams.events.log import FeedAddition, UnknownFeed
from streams.events.models import Event
from streams.ingest.commit import group_commit as module
from streams.ingest.commit.group_commit import WriteFailed, WriterBusy
from tests import factories
from tests.ingest.commit_writer import Writer

pytestmark = pytest.mark.django_db(transaction=True)


class Notified:
    """Records the notified streams, once for each transaction."""

    def __init__(self):
        self.calls = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, stream_ids):
        self.calls.append(stream_ids)
        self.gate.wait()

    def hold(self):
        """Block the writer after its next transaction, so that requests collect."""
        self.gate.clear()

    def let_go(self):
        self.gate.set()


@pytest.fixture
def notified():
    return Notified()


@pytest.fixture
def committer(notified):
    committer = Writer(notified)
    yield committer
    notified.let_go()
    committer.close()


def one(feed, **changes):
    return [FeedAddition(feed.pk, [factories.event(feed.stream, **changes)])]


def gathered(committer, notified, first, *requests):
    """Hand over several requests that the writer finds together."""
    notified.hold()
    futures = [committer.hand_over(first)]
    futures[0].result(10)
    futures += [committer.hand_over(request) for request in requests]
    notified.let_go()
    return futures


def test_on_the_response_events_are_durable_and_their_stream_is_notified(
    committer, notified
):
    cursor = factories.cursor()

    [seqs] = committer.hand_over(one(cursor.feed)).result(10)

    assert seqs == [1]
    assert Event.objects.filter(feed=cursor.feed).count() == 1
    assert Cursor.objects.get(pk=cursor.pk).due_at is not None
    committer.close()
    assert notified.calls == [{cursor.stream_id}]


def test_requests_that_collect_share_one_transaction(committer, notified):
    feed, other = factories.feed(), factories.feed()

    futures = gathered(committer, notified, one(feed), one(feed), one(other), one(feed))

    answers = [future.result(10) for future in futures]
    assert answers == [[[1]], [[2]], [[1]], [[3]]]
    committer.close()
    assert len(notified.calls) == 2  # the first alone, then the three together
    assert committer.settled == [1, 3]


def test_a_message_id_that_occurs_twice_in_one_group_is_stored_once(
    committer, notified
):
    feed = factories.feed()

    futures = gathered(
        committer,
        notified,
        one(feed),
        one(feed, messageId="m"),
        one(feed, messageId="m"),
    )

    assert [future.result(10) for future in futures] == [[[1]], [[2]], [[None]]]


def test_a_request_that_fails_does_not_affect_its_group(committer, notified):
    feed = factories.feed()
    unknown = [FeedAddition(feed.pk + 1_000_000, [factories.event()])]

    futures = gathered(committer, notified, one(feed), one(feed), unknown, one(feed))

    good = [futures[0], futures[1], futures[3]]
    assert [future.result(10) for future in good] == [[[1]], [[2]], [[3]]]
    assert isinstance(futures[2].exception(10), UnknownFeed)


def test_a_value_that_the_database_refuses_affects_only_its_request(
    committer, notified
):
    feed = factories.feed()
    bad = [FeedAddition(feed.pk, [replace(factories.event(), name=None)])]

    futures = gathered(committer, notified, one(feed), bad, one(feed))

    assert isinstance(futures[1].exception(10), WriteFailed)
    assert futures[2].result(10) == [[2]]


def test_a_request_given_up_in_time_is_not_written(committer, notified):
    feed = factories.feed()
    notified.hold()
    committer.hand_over(one(feed)).result(10)
    gone, stays = committer.hand_over(one(feed)), committer.hand_over(one(feed))

    gone.give_up()
    notified.let_go()

    assert stays.result(10) == [[2]]
    assert Event.objects.filter(feed=feed).count() == 2


def test_requests_handed_over_are_written_before_the_end(committer, notified):
    feed = factories.feed()
    futures = gathered(committer, notified, *[one(feed) for _ in range(20)])

    committer.close()

    assert [future.result(0) for future in futures] == [[[n]] for n in range(1, 21)]
    with pytest.raises(WriterBusy):
        committer.hand_over(one(feed))


def test_requests_that_exceed_the_memory_limit_are_refused(
    committer, notified, monkeypatch
):
    feed = factories.feed()
    request = one(feed)
    size = len(request[0].events[0].payload)
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 2 * size)
    notified.hold()
    committer.hand_over(request).result(10)

    waiting = [committer.hand_over(one(feed)) for _ in range(2)]
    with pytest.raises(WriterBusy):
        committer.hand_over(one(feed))
    notified.let_go()

    assert [future.result(10) for future in waiting] == [[[2]], [[3]]]


def test_a_lost_connection_is_replaced_without_an_error(committer):
    feed = factories.feed()
    committer.hand_over(one(feed)).result(10)

    kill_other_connections()

    assert committer.hand_over(one(feed)).result(10) == [[2]]


def kill_other_connections():
    """Close the connection as a restarting database does. SQLite has none to lose."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def test_while_the_database_is_away_each_request_gets_an_error(committer, monkeypatch):
    feed = factories.feed()
    name = connection.settings_dict["NAME"]

    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/at/all")
    refused = committer.hand_over(one(feed)).exception(10)
    monkeypatch.setitem(connection.settings_dict, "NAME", name)

    assert isinstance(refused, DatabaseError)
    assert committer.hand_over(one(feed)).result(10) == [[1]]


if connection.vendor == "postgresql":  # SQLite has no standby

    def test_a_read_only_database_does_not_blame_the_request(
        committer, notified, monkeypatch
    ):
        feed = factories.feed()

        with monkeypatch.context() as patch:  # read when it connects
            options = connection.settings_dict["OPTIONS"]
            patch.setitem(options, "options", "-c default_transaction_read_only=on")
            refused = committer.hand_over(one(feed)).exception(10)

        assert isinstance(refused, DATABASE_DOWN)
        assert committer.hand_over(one(feed)).result(10) == [[1]]


def test_many_threads_lose_and_double_nothing(committer):
    feeds = [factories.feed() for _ in range(3)]
    requests = [
        [
            FeedAddition(
                feeds[number % 3].pk,
                [
                    factories.event(messageId=f"own-{number}"),
                    factories.event(
                        messageId=f"shared-{number // 6}"
                    ),  # sent twice per feed
                ],
            )
        ]
        for number in range(300)
    ]

    with ThreadPoolExecutor(16) as threads:
        futures = list(threads.map(committer.hand_over, requests))
        answers = [future.result(30) for future in futures]

    duplicates = sum(seqs.count(None) for [seqs] in answers)
    assert duplicates == 150
    for feed in feeds:
        feed.refresh_from_db()
        rows = list(Event.objects.filter(feed=feed).order_by("seq"))
        assert [row.seq for row in rows] == list(range(1, feed.head_seq + 1))
        assert max(Counter(row.message_id for row in rows).values()) == 1
        assert feed.head_seq == 150
