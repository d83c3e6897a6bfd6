"""The request log has what a partner needs to debug its requests, and none of their values."""

from __future__ import annotations

import gzip
import json

import pytest

from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.http.responses import alive
from streams.ingest.request_log import MOST_OF_SENDER, RequestLog
from streams.observability.requests import store
from streams.observability.requests.store import LoggedRequest, append, newest
from tests import factories
from tests.ingest.sender_requests import basic, bearer, dumps, track

pytestmark = pytest.mark.django_db

SECRETS = ("ada@example.com", "user-4711", "Pricing Viewed", "m-1")


@pytest.fixture
def log(settings, services, monkeypatch):
    settings.REDIS_URL = services.new_redis_url()
    lookup = CredentialLookup()
    log = RequestLog(lookup)
    monkeypatch.setattr(django_views, "lookup", lookup)
    monkeypatch.setattr(django_views, "request_log", log)
    return log


@pytest.fixture
def feed(log):
    return factories.cursor(factories.connection()).feed


def logged(log, partner, **filters):
    """Return the partner's requests, oldest first."""
    log.flush()
    return [stored.request for stored in newest(partner.pk, **filters)][::-1]


def post(client, body, headers, path="/v1/batch"):
    return client.post(
        path,
        dumps(body),
        content_type="application/json",
        headers={"User-Agent": "analytics-node/2.1", **headers},
    )


def test_a_request_is_logged_with_its_counts_and_without_its_values(client, log, feed):
    key = factories.ingest_key(feed)
    events = [
        track("m-1", event="Pricing Viewed", userId="user-4711"),
        track("m-1"),
        {"type": "identify", "traits": {"email": "ada@example.com"}},
    ]

    post(client, {"batch": events, "writeKey": key.text}, basic(key))

    [request] = logged(log, feed.stream.partner)
    assert (request.status, request.path, request.user_agent) == (
        200,
        "/v1/batch",
        "analytics-node/2.1",
    )
    assert (request.accepted, request.duplicate, request.rejected) == (1, 1, 1)
    batch = json.loads(request.shape)["batch"]
    assert batch[0]["userId"] == "text, 9 characters"
    for secret in (*SECRETS, key.text):
        assert secret not in repr(request)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/batch", b"{not json", "INGEST-JSON-001"),
        ("/v1/batch", {"batch": []}, "INGEST-BATCH-002"),
        ("/v1/nothing?writeKey=secret", {}, "INGEST-PATH-001"),
    ],
)
def test_a_request_that_is_refused_before_its_workspace_is_known_is_logged(
    client, log, feed, path, body, code
):
    token = factories.token(feed.stream)[1]

    post(client, body, bearer(token), path)

    [request] = logged(log, feed.stream.partner, failed=True)
    assert request.code == code
    assert "secret" not in repr(request)


def test_the_key_in_a_compressed_body_names_the_partner(client, log, feed):
    key = factories.ingest_key(feed)
    body = gzip.compress(dumps({"batch": [track("m-1")], "writeKey": key.text}))

    post(client, body, {"Content-Encoding": "gzip"})

    [request] = logged(log, feed.stream.partner)
    assert (request.accepted, request.body_bytes) == (1, len(body))


def test_each_partner_has_only_its_own_requests(client, log, feed):
    other = factories.cursor(factories.connection()).feed
    for one in (feed, other, other):
        key = factories.ingest_key(one)
        post(client, {"batch": [track("m-1")], "writeKey": key.text}, {})
    post(client, {"batch": [track("m-1")]}, {"Authorization": "Bearer pt_unknown"})

    assert len(logged(log, feed.stream.partner)) == 1
    assert len(logged(log, other.stream.partner)) == 2


def test_the_first_requests_of_a_second_are_listed_and_the_others_counted(log, feed):
    token = bearer(factories.token(feed.stream)[1])
    headers = {"authorization": token["Authorization"]}

    for _ in range(MOST_OF_SENDER + 1_000):
        log.note(headers, "/v1/batch", b"{}", alive())

    entries = logged(log, feed.stream.partner)
    assert [entry.more for entry in entries] == [0] * MOST_OF_SENDER + [1_000]


def test_the_log_is_bounded_for_each_partner_and_for_all(log, monkeypatch):
    monkeypatch.setattr(store, "MOST_ENTRIES", 3)
    monkeypatch.setattr(store, "MOST_PARTNERS", 2)
    fine, refused = (LoggedRequest(at_s=1, status=status) for status in (200, 401))

    for partner_id in (1, 2, 3):
        append({partner_id: [refused, *[fine] * 5]}, now_s=partner_id)

    assert [len(newest(partner_id)) for partner_id in (1, 2, 3)] == [0, 3, 3]
    # The failed ones are in a separate list, so successes don't push them out.
    assert [one.request.status for one in newest(3, failed=True)] == [401]


def test_a_page_continues_where_the_last_one_ended(log):
    append({1: [LoggedRequest(at_s=n, status=200) for n in range(5)]}, now_s=1)

    first = newest(1, limit=2)
    rest = newest(1, before=first[-1].id)

    assert [one.request.at_s for one in (*first, *rest)] == [4, 3, 2, 1, 0]
    assert newest(1, after=first[1].id) == first[:1]


def test_without_redis_requests_are_processed_and_forgotten(
    client, log, feed, settings
):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    key = factories.ingest_key(feed)

    response = post(client, {"batch": [track("m-1")]}, basic(key))
    log._flush()

    assert response.json()["accepted"] == 1
