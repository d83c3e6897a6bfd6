"""Refused requests are counted by key, and only if the portal knows the key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from streams.base.clock import now
from streams.base.ids import new_secret
from streams.events.feeds import REPLACED_KEPT, forget_replaced_keys, new_ingest_key
from streams.events.models import ReplacedIngestKey
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.http.responses import refusal, throttled
from streams.ingest.request_log import RequestLog
from streams.observability.issues.counter import hour_of
from streams.observability.requests import refusals
from streams.observability.requests.models import RefusedRequests
from streams.observability.requests.refusals import RefusedKey, RefusedTally
from streams.tenancy.services import revoke_token
from tests import factories
from tests.ingest.sender_requests import basic, bearer, dumps, track

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def log(monkeypatch):
    lookup = CredentialLookup()
    log = RequestLog(lookup)
    monkeypatch.setattr(django_views, "lookup", lookup)
    monkeypatch.setattr(django_views, "request_log", log)
    return log


@pytest.fixture
def feed(log):
    return factories.cursor(factories.connection()).feed


@pytest.fixture
def counts(log):
    """Store what was counted, and return the rows."""

    def stored():
        log.flush()
        log.refusals.write()
        rows = RefusedRequests.objects.order_by("subject", "status")
        return list(rows.values_list("subject", "status", "count", "stream"))

    return stored


def post(client, body, headers):
    return client.post(
        "/v1/batch", dumps(body), content_type="application/json", headers=headers
    )


def too_large(**fields) -> dict:
    events = [track(f"m-{n}", properties={"t": "x" * 30_000}) for n in range(20)]
    return {"batch": events, **fields}


def test_requests_are_counted_by_key_and_status(client, feed, counts):
    key = basic(factories.ingest_key(feed))
    revoked, its_secret = factories.token(feed.stream)
    revoke_token(token=revoked, actor=None)
    expired, other_secret = factories.token(feed.stream, expires_at=now())
    event = {"batch": [track("m-1")]}

    for _ in range(7):
        post(client, too_large(), key)
    for _ in range(2):
        post(client, event, bearer(its_secret))
    post(client, event, bearer(other_secret))
    post(client, event | {"writeKey": "ik_other"}, key)
    post(client, event, key)

    assert counts() == sorted(
        [
            (f"feed:{feed.pk}", 401, 1, feed.stream_id),
            (f"feed:{feed.pk}", 413, 7, feed.stream_id),
            (f"token:{revoked.pk}", 401, 2, feed.stream_id),
            (f"token:{expired.pk}", 401, 1, feed.stream_id),
        ]
    )


def test_requests_that_a_full_queue_refuses_are_counted(log, feed, counts):
    _, secret = factories.token(feed.stream)
    full = refusal(throttled(retry_after_s=5))

    for headers in (basic(factories.ingest_key(feed)), bearer(secret)):
        lower = {"authorization": headers["Authorization"]}
        for _ in range(1_000):
            log.note(lower, "/v1/batch", b"{}", full)

    assert [(status, count) for _, status, count, _ in counts()] == [(429, 1_000)] * 2


def test_the_key_of_a_request_can_be_in_its_body(log, feed, counts):
    key = factories.ingest_key(feed)
    body = dumps({"batch": [track("m-1")], "writeKey": key.text})

    log.note({}, "/v1/batch", body, refusal(throttled(retry_after_s=5)))

    assert counts() == [(f"feed:{feed.pk}", 429, 1, feed.stream_id)]


def test_the_last_replaced_key_of_a_feed_is_counted_for_a_month(client, feed, counts):
    oldest, old = factories.ingest_key(feed), None
    event = {"batch": [track("m-1")]}
    old = new_ingest_key(feed=feed, actor=None)
    current = new_ingest_key(feed=feed, actor=None)

    for key in (oldest, old, old, current):
        post(client, event, basic(key))
    assert counts() == [(f"replaced:{feed.pk}", 401, 2, feed.stream_id)]

    ReplacedIngestKey.objects.update(replaced_at=now() - REPLACED_KEPT)
    post(client, event, basic(old))
    assert [count for *_, count, _ in counts()] == [2]
    assert forget_replaced_keys(now()) == 1


def test_a_key_that_stays_the_same_is_not_replaced(feed):
    key = factories.ingest_key(feed)

    new_ingest_key(feed=feed, actor=None, secret=key)

    assert not ReplacedIngestKey.objects.exists()


def test_unknown_keys_and_other_errors_create_no_rows(client, feed, counts):
    event = {"batch": [track("m-1")]}
    for _ in range(20):
        post(client, event, bearer(new_secret("pt_")))
        post(client, event, basic(new_secret("ik_")))
    post(client, event, {})
    post(client, b"{", basic(factories.ingest_key(feed)))

    assert counts() == []


def test_the_counts_of_an_hour_add_up(client, feed, counts):
    key = basic(factories.ingest_key(feed))

    for expected in (1, 2):
        post(client, too_large(), key)
        assert [count for _, _, count, _ in counts()] == [expected]

    row = RefusedRequests.objects.get()
    assert row.first_at < row.last_at


def test_processes_that_write_late_move_no_time_back(feed):
    at = now().replace(minute=30)
    key = RefusedKey(hour_of(at), f"feed:{feed.pk}", 401, feed.stream_id)
    for minutes in (10, 4, 7):
        tally = RefusedTally.from_time(at + minutes * MINUTE)
        tally.add(2, at + minutes * MINUTE)
        refusals.add({key: tally})

    row = RefusedRequests.objects.get()
    assert (row.first_at, row.last_at) == (at + 4 * MINUTE, at + 10 * MINUTE)
    assert (row.run_at, row.count, row.run_count) == (row.first_at, 6, 6)


def test_counts_wait_while_the_database_is_unavailable(client, log, feed, counts):
    post(client, too_large(), basic(factories.ingest_key(feed)))
    log.flush()

    def down(*_):
        raise OperationalError

    with connection.execute_wrapper(down):
        log.refusals.write()

    assert [count for _, _, count, _ in counts()] == [1]


def test_counts_are_deleted_after_a_week(client, feed, counts):
    post(client, too_large(), basic(factories.ingest_key(feed)))
    counts()

    assert refusals.forget(now() + refusals.KEPT) == 0
    assert refusals.forget(now() + 2 * refusals.KEPT) == 1
    assert counts() == []
