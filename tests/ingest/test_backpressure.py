"""Responses when too many events are queued, or when there is no room."""

from __future__ import annotations

import pytest
from django.db import connection

from streams.events.log import FeedAddition
from streams.events.models import Event
from streams.ingest import django_views
from streams.ingest.commit.backpressure import REFRESH_S, Backpressure
from streams.ingest.commit.database_errors import disk_is_full, not_stored
from streams.ingest.credential_lookup import CredentialLookup, NotCached
from streams.observability.backlog import Backlog
from tests import factories
from tests.ingest.commit_writer import Writer
from tests.ingest.sender_requests import TRACK, basic, bearer, dumps, track

pytestmark = pytest.mark.django_db


class Clock:
    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def post(client, clock, monkeypatch):
    monkeypatch.setattr(
        django_views, "lookup", CredentialLookup(backpressure=Backpressure(clock))
    )

    def post(path, body, headers=()):
        return client.post(
            path, dumps(body), content_type="application/json", headers=dict(headers)
        )

    return post


@pytest.fixture
def full(settings):
    """A feed with as many queued events as allowed."""
    settings.MAX_FEED_BACKLOG_EVENTS = 3
    return factories.due_cursor(events=3).feed


def code(answer):
    return answer.status_code, answer.json()["code"], answer.headers["Retry-After"]


@pytest.mark.parametrize("in_body", [False, True])
def test_a_full_feed_is_asked_to_retry_later(post, full, in_body):
    key = factories.ingest_key(full)

    if in_body:
        answer = post("/v1/track", {**TRACK, "writeKey": key.text})
    else:
        answer = post("/v1/track", TRACK, basic(key))

    assert code(answer) == (429, "INGEST-FULL-001", "60")
    assert Event.objects.count() == 3


def test_another_feed_is_not_affected(post, full):
    other = factories.cursor(factories.connection()).feed

    assert (
        post("/v1/track", TRACK, basic(factories.ingest_key(other))).status_code == 200
    )


def test_in_a_partners_request_only_events_of_the_full_workspace_are_deferred(
    post, full
):
    other = factories.feed(full.stream)
    _, token = factories.token(full.stream)
    batch = [
        track("a", workspace=full.workspace.external_id),
        track("b", workspace=other.workspace.external_id),
    ]

    answer = post("/v1/batch", {"batch": batch}, bearer(token))

    assert (answer.status_code, answer.headers["Retry-After"]) == (200, "60")
    body = answer.json()
    assert (body["held"], body["throttled"], body["success"]) == (1, 1, True)
    first, second = body["results"]
    assert (first["outcome"], first["rule"]) == ("throttled", "INGEST-FULL-001")
    assert (first["messageId"], first["workspace"]) == ("a", full.workspace.external_id)
    assert second["outcome"] == "held"


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
def test_if_no_event_is_accepted_the_status_says_so(post, full, path):
    _, token = factories.token(full.stream)
    event = track("a", workspace=full.workspace.external_id)

    answer = post(
        path, {"batch": [event]} if path == "/v1/batch" else event, bearer(token)
    )

    assert code(answer) == (429, "INGEST-FULL-001", "60")
    body = answer.json()
    assert (body["success"], body["throttled"]) == (False, 1)
    assert Event.objects.count() == 3


def test_broken_events_are_rejected_beside_those_that_are_deferred(post, full):
    _, token = factories.token(full.stream)
    batch = [
        track("a", workspace=full.workspace.external_id),
        track("b", workspace=full.workspace.external_id, userId=7),
    ]

    answer = post("/v1/batch", {"batch": batch}, bearer(token))

    results = [result["outcome"] for result in answer.json()["results"]]
    assert (answer.status_code, results) == (429, ["throttled", "rejected"])


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ({"MAX_BACKLOG_EVENTS": 2}, "INGEST-FULL-002"),
        ({"MIN_FREE_DISK_BYTES": 2**60}, "INGEST-FULL-003"),
        ({"MAX_DATABASE_BYTES": 1}, "INGEST-FULL-003"),
    ],
)
def test_a_full_portal_asks_everyone_to_retry_later(post, settings, bound, expected):
    factories.due_cursor(events=2)
    other = factories.cursor(factories.connection()).feed
    for name, value in bound.items():
        setattr(settings, name, value)

    answer = post("/v1/track", TRACK, basic(factories.ingest_key(other)))

    assert code(answer) == (503, expected, "60")
    assert Event.objects.count() == 2


def test_after_events_are_delivered_more_are_accepted(post, clock, full):
    key = factories.ingest_key(full)
    assert post("/v1/track", TRACK, basic(key)).status_code == 429

    factories.delivered(full.cursors.get(), 1)
    before = post("/v1/track", TRACK, basic(key)).status_code
    clock.seconds += REFRESH_S + 1
    after = post("/v1/track", TRACK, basic(key)).status_code

    assert (before, after) == (429, 200)


def test_the_database_is_queried_every_few_seconds_and_not_on_the_event_loop(
    clock, django_assert_num_queries
):
    lookup = CredentialLookup(backpressure=Backpressure(clock))
    factories.due_cursor(events=2)

    with pytest.raises(NotCached):
        lookup.without_database().backlog()
    with django_assert_num_queries(1):
        lookup.backlog()
        lookup.backlog()
        assert lookup.without_database().backlog() == Backlog(waiting=2)
    clock.seconds += REFRESH_S + 1
    with django_assert_num_queries(1):
        lookup.backlog()


# --- A database without room ---------------------------------------------------------


@pytest.fixture
def no_room(transactional_db):
    """A database that responds to each event as it does when its disk is full."""
    if connection.vendor == "sqlite":
        yield from _no_more_pages()
    else:
        yield from _no_extension()


def _no_more_pages():
    with connection.cursor() as sql:
        sql.execute("VACUUM")  # no free pages of deleted rows
        sql.execute("PRAGMA page_count")
        [pages] = sql.fetchone()
        sql.execute(f"PRAGMA max_page_count = {pages}")
    yield
    with connection.cursor() as sql:
        sql.execute("PRAGMA max_page_count = 1073741823")


def _no_extension():
    # The error that PostgreSQL raises, from PostgreSQL itself.
    with connection.cursor() as sql:
        sql.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
        )
        sql.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON streams_event"
            " FOR EACH ROW EXECUTE FUNCTION no_room()"
        )
    yield
    with connection.cursor() as sql:
        sql.execute("DROP TRIGGER no_room ON streams_event")
        sql.execute("DROP FUNCTION no_room")


@pytest.fixture
def small(transactional_db):
    """A feed that was created while there was room, and its key."""
    feed = factories.cursor(factories.connection()).feed
    return feed, factories.ingest_key(feed)


def test_a_full_database_is_a_503_and_nothing_is_half_written(post, small, no_room):
    feed, key = small
    batch = [track(f"m{n}", properties={"t": "x" * 9000}) for n in range(50)]

    answer = post("/v1/batch", {"batch": batch}, basic(key))

    assert code(answer) == (503, "INGEST-FULL-003", "60")
    feed.refresh_from_db()
    assert (feed.head_seq, Event.objects.count()) == (0, 0)


if connection.vendor == "postgresql":  # SQLite's limit applies to one connection only

    def test_the_writer_of_many_requests_gives_the_same_response(small, no_room):
        feed, _ = small
        committer = Writer(lambda _: None)

        error = committer.hand_over(
            [FeedAddition(feed.pk, [factories.event()])]
        ).exception(10)
        committer.close()

        assert disk_is_full(error)
        assert not_stored(error).code == "INGEST-FULL-003"
