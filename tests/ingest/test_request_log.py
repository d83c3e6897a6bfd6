"""The request log has what a partner needs to debug its requests, and none of their values."""

from __future__ import annotations

import gzip
import json

import pytest

from streams.catalog.validation.rules import RULES
from streams.ingest import django_views, request_log
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.http.responses import (
    REJECTED,
    WARNED,
    EventResult,
    alive,
    outcomes,
)
from streams.ingest.request_log import MOST_OF_SENDER, RequestLog
from streams.observability.requests import store
from streams.observability.requests.store import LoggedRequest, append, newest
from streams.spec.issues import error
from streams.tenancy.services import revoke_token
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


def test_a_request_is_logged_with_the_rules_that_its_events_broke(client, log, feed):
    key = factories.ingest_key(feed)
    no_user, no_name = {"type": "identify"}, {"type": "track", "userId": "user-4711"}

    post(client, {"batch": [no_user, track("m-1"), no_name, no_name]}, basic(key))
    post(client, {"batch": [track("m-2")]}, basic(key))

    broken, fine = logged(log, feed.stream.partner)
    assert broken.rules == ("SPEC-NAME-001", "SPEC-ID-001")
    assert fine.rules == ()


def test_of_many_broken_rules_the_most_frequent_are_logged():
    def result(outcome, *rules):
        findings = [error(rule, "", "", "") for rule in rules]
        return EventResult(outcome, findings=findings)

    results = [
        *[result(WARNED, "W-1", "W-2")] * 3,
        result(WARNED, "W-2", "W-3"),
        EventResult(REJECTED, rule="R-1"),
        *[EventResult(REJECTED, rule="R-2")] * 2,
        result(WARNED, "W-4"),
    ]

    rules = request_log._rules(outcomes(results, single=False), "")

    assert rules == ("R-2", "R-1", "W-2", "W-1", "W-3")


def test_the_rule_of_a_single_event_is_only_the_code(client, log, feed):
    key = factories.ingest_key(feed)

    post(client, {}, basic(key), "/v1/identify")

    [request] = logged(log, feed.stream.partner)
    assert (request.status, request.rules) == (400, ())
    assert request.code in RULES


def test_requests_of_several_tokens_are_logged_in_the_order_of_their_time(log, feed):
    ours = factories.token(feed.stream)[1], factories.token(feed.stream)[1]
    paths = ["/v1/batch", "/v1/track", "/v1/identify", "/v1/page"]

    for path, token in zip(paths, (*ours, *ours), strict=True):
        authorization = bearer(token)["Authorization"]
        log.note({"authorization": authorization}, path, b"{}", alive())

    assert [one.path for one in logged(log, feed.stream.partner)] == paths


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
    record, revoked = factories.token(feed.stream)
    revoke_token(token=record, actor=None)
    post(client, {"batch": [track("m-1")]}, bearer(revoked))

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


def test_requests_with_events_that_were_set_aside_are_listed_with_the_failed_ones(log):
    entries = [
        LoggedRequest(at_s=1, status=200, accepted=2),
        LoggedRequest(at_s=2, status=200, accepted=1, quarantined=1),
    ]
    append({1: entries}, now_s=1)

    assert [one.request.at_s for one in newest(1, failed=True)] == [2]


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
