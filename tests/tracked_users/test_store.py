"""The sketches of many processes add up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import OperationalError

from streams.base.clock import now
from streams.prune import prune
from streams.tracked_users import store
from streams.tracked_users.counter import MOST_IDS, TrackedUserCounter, month_of
from streams.tracked_users.figures import months_of
from streams.tracked_users.kinds import IdKind, IdSet, SeenIds
from streams.tracked_users.models import TrackedUsers, TrackedUsersKey
from streams.tracked_users.sketch import MOST
from streams.tracked_users.store import TrackedUserFlusher, months_before
from tests import factories
from tests.locks import in_thread

DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
MONTH = DECEMBER.date()


def seen(feed, *events) -> SeenIds:
    found = SeenIds()
    for user_id, anonymous_id in events:
        found.add(feed.pk, user_id, anonymous_id)
    return found


def size(feed, month=MONTH) -> int:
    return months_of([feed.pk], [month]).of_all(month).size.people


class Process:
    """Collects and stores, as an ingest process does."""

    def __init__(self) -> None:
        self.counter = TrackedUserCounter()
        self.flusher = TrackedUserFlusher(self.counter)

    def store(self, found, at=DECEMBER) -> None:
        self.counter.add(found, at=at)
        self.flusher.flush()


@pytest.mark.django_db
def test_people_are_user_ids_and_anonymous_ids_without_one():
    feed = factories.feed()
    found = seen(feed, ("u1", ""), ("u1", "a1"), ("", "a1"), ("", "a2"), ("", "a2"))

    Process().store(found)

    assert size(feed) == 2  # u1, and a2


@pytest.mark.django_db
def test_people_whom_several_processes_store_add_up():
    feed = factories.feed()
    first, second = Process(), Process()

    first.store(seen(feed, ("u1", ""), ("u2", "")))
    second.store(seen(feed, ("u2", ""), ("u3", "")))
    first.store(seen(feed, ("u3", ""), ("u4", "")))

    assert size(feed) == 4
    assert TrackedUsersKey.objects.count() == 1


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[1]", b"null", b'{"userId": 7}', b"\xff"]
)
def test_a_payload_without_readable_ids_counts_no_one(payload):
    found = SeenIds()

    found.add_payloads(1, [payload, b'{"userId": "u1", "anonymousId": null}'])

    assert found == {IdSet(1, IdKind.USER): {"u1"}}


@pytest.mark.django_db
def test_months_are_separate_and_by_utc():
    feed, process = factories.feed(), Process()
    process.store(seen(feed, ("u1", "")), datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    process.store(seen(feed, ("u1", ""), ("u2", "")), DECEMBER)

    assert (size(feed, date(2026, 11, 1)), size(feed)) == (1, 2)


@pytest.mark.django_db
def test_ids_that_a_process_stored_before_need_no_other_query(
    django_assert_num_queries,
):
    feed, process = factories.feed(), Process()
    process.store(seen(feed, ("u1", "a1")))

    with django_assert_num_queries(2):  # the workspace of the feed, and the key
        process.store(seen(feed, ("u1", "a1")))


@pytest.mark.django_db
def test_the_number_of_statements_is_the_same_for_many_feeds(django_assert_num_queries):
    stream = factories.stream()
    feeds = [factories.feed(stream) for _ in range(20)]
    Process().store(seen(feeds[0], ("u1", "")))
    found = SeenIds()
    for feed in feeds:
        found |= seen(feed, ("u1", ""), ("", "a1"))

    with django_assert_num_queries(7):  # two of them begin and end the transaction
        Process().store(found)

    assert [size(feed) for feed in feeds] == [2] * 20


@pytest.mark.django_db
def test_a_full_sketch_is_only_written_for_hashes_below_its_bound(
    django_assert_num_queries,
):
    feed, process = factories.feed(), Process()
    ids = {f"u{n}" for n in range(5 * MOST)}
    process.store({IdSet(feed.pk, IdKind.USER): ids})
    row = TrackedUsers.objects.get()
    bound = int.from_bytes(bytes(row.sketch[:8]), "little")
    key = bytes(TrackedUsersKey.objects.get().key)
    above = [
        one
        for n in range(100)
        if min(
            store.hashes(
                [one := f"new-{n}"],
                key=key,
                workspace_id=feed.workspace_id,
                kind=IdKind.USER,
            )
        )
        > bound
    ]

    with django_assert_num_queries(2):
        process.store(seen(feed, *[(one, "") for one in above]))


@pytest.mark.django_db
def test_ids_that_can_not_be_stored_now_are_kept(monkeypatch):
    feed, process = factories.feed(), Process()
    with monkeypatch.context() as broken:
        broken.setattr(store, "_hashed", _fail)
        broken.setattr(store.connection, "close", lambda: None)
        process.store(seen(feed, ("u1", "")))
    assert size(feed) == 0

    process.flusher.flush()

    assert size(feed) == 1


def _fail(_ids, **_):
    raise OperationalError


def test_a_process_keeps_a_limited_number_of_ids():
    counter = TrackedUserCounter()
    for kind in (IdKind.USER, IdKind.ANONYMOUS):
        ids = {f"{n}" for n in range(MOST_IDS)}
        counter.add({IdSet(1, kind): ids}, at=DECEMBER)

    assert sum(map(len, counter.take().values())) == MOST_IDS


@pytest.mark.django_db
def test_ids_of_a_removed_feed_are_dropped_and_others_are_stored():
    feed, process = factories.feed(), Process()
    found = seen(feed, ("u1", ""))
    found.add(feed.pk + 1_000, "u2", "")

    process.store(found)

    assert [row.feed_id for row in TrackedUsers.objects.all()] == [feed.pk]


@pytest.mark.django_db
def test_sketches_are_kept_for_thirteen_months():
    feed, process, month = factories.feed(), Process(), month_of(now())
    for back in (0, 13, 14):
        at = datetime.combine(months_before(month, back), datetime.min.time(), UTC)
        process.store(seen(feed, ("u1", "")), at)

    assert prune(now=now()).rows["streams_trackedusers"] == 1
    assert size(feed, months_before(month, 13)) == 1


@pytest.mark.parametrize(
    ("count", "month"),
    [(0, "2026-12-01"), (1, "2026-11-01"), (12, "2025-12-01"), (13, "2025-11-01")],
)
def test_months_are_counted_back_over_years(count, month):
    assert months_before(MONTH, count) == date.fromisoformat(month)


@pytest.mark.django_db(transaction=True)
def test_processes_that_store_at_the_same_time_lose_nothing():
    stream = factories.stream()
    feeds = [factories.feed(stream) for _ in range(5)]

    def work(writer: int) -> None:
        process = Process()
        for step in range(6):
            found = SeenIds()
            for feed in feeds if writer % 2 else reversed(feeds):
                found.add(feed.pk, f"u{writer}-{step}", "")
                found.add(feed.pk, "everyone", "")
            process.store(found)

    with ThreadPoolExecutor(4) as pool:
        for one in [in_thread(pool, work, writer) for writer in range(4)]:
            one.result()

    assert [size(feed) for feed in feeds] == [25] * 5
