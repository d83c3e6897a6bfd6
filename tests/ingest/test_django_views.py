"""Responses and stored events of ingest, through the web port."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta

import pytest

from streams.base.caching.ttl_cache import TtlCache
from streams.base.clock import now
from streams.base.ids import new_secret
from streams.base.request_errors import RequestRefused
from streams.events.models import Event, Feed
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.credentials.credential_cache import (
    FRESH_S,
    CredentialCache,
)
from streams.ingest.http.cors import ALLOWED
from streams.ingest.http.routes import find_route
from streams.observability.empty_workspaces import remove_empty
from streams.tenancy.models import Workspace
from streams.tenancy.services import USE_NOTED_EVERY
from tests import factories
from tests.ingest.sender_requests import TRACK, basic, bearer, dumps, track

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """The clock of the view's caches. It stands still until moved."""
    clock = Clock()
    lookup = CredentialLookup(CredentialCache(clock), TtlCache(100, clock))
    monkeypatch.setattr(django_views, "lookup", lookup)
    return clock


class Clock:
    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def post(client, clock):
    def post(path, body, headers=(), content_type="application/json"):
        answer = client.post(
            path, dumps(body), content_type=content_type, headers=dict(headers)
        )
        return answer.status_code, answer.json()

    return post


@pytest.fixture
def feed():
    """A feed of a connected workspace."""
    return factories.cursor(factories.connection()).feed


@pytest.fixture
def key(feed):
    return factories.ingest_key(feed)


def logged(feed=None):
    """Return the stored events, oldest first."""
    rows = Event.objects.filter(feed=feed) if feed else Event.objects.all()
    return [json.loads(bytes(row.payload)) for row in rows.order_by("feed_id", "seq")]


# --- Calls and keys ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/identify", {"traits": {"plan": "free"}}),
        ("/v1/track", {"event": "Email Opened"}),
        ("/v1/page/", {"name": "Home"}),
        ("/v1/s", {"name": "Inbox"}),
        ("/v1/g", {"groupId": "g1"}),
        ("/v1/a/", {"previousId": "a1"}),
    ],
)
def test_each_call_is_accepted_stamped_and_due(post, feed, key, path, body):
    status, answer = post(path, {"userId": "u1", "messageId": "m1", **body}, basic(key))

    assert status == 200
    assert answer == {
        "success": True, "accepted": 1, "warned": 0, "held": 0, "quarantined": 0,
        "duplicate": 0, "suppressed": 0, "rejected": 0,
        "throttled": 0,
        "results": [{"outcome": "accepted", "messageId": "m1", "seq": 1}],
    }  # fmt: skip
    [event] = logged(feed)
    assert event["context"]["integration"] == {
        "name": feed.stream.slug,
        "version": "1.0.0",
    }
    assert event["receivedAt"] == event["timestamp"]
    assert feed.cursors.get().due_at is not None


def test_a_batch_keeps_its_order(post, feed, key):
    batch = [track(f"m{number}") for number in range(3)]

    _, answer = post("/v1/batch", {"batch": batch}, basic(key))

    assert [result["seq"] for result in answer["results"]] == [1, 2, 3]
    assert [event["messageId"] for event in logged(feed)] == ["m0", "m1", "m2"]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b/", "/v1/import/"])
def test_the_key_can_be_in_the_body_only_as_plain_text(post, feed, key, path):
    body = {"batch": [track("m1")], "writeKey": key.text}

    status, _ = post(path, body, content_type="text/plain")

    assert status == 200
    assert logged(feed)[0]["messageId"] == "m1"


FOREIGN = [
    {"Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},
    {"Authorization": "Basic " + base64.b64encode(b"f" * 32 + b":").decode()},
    {"Authorization": "Basic " + base64.b64encode(b":").decode()},
    {"Authorization": "Basic !"},
    {"Authorization": "Token abc"},
    {"Authorization": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_without_a_credential_of_ours_the_key_in_the_body_decides(
    post, feed, key, headers
):
    body = {"batch": [track("m1")], "writeKey": key.text}
    inside = {"batch": [track("m2", writeKey=key.text)]}
    wrong = {"batch": [track("m3")], "writeKey": "ik_wrong"}
    none = {"batch": [track("m3")]}

    found = [post("/v1/batch", b, headers)[0] for b in (body, inside, wrong, none)]

    assert found == [200, 200, 401, 401]
    assert [event["messageId"] for event in logged(feed)] == ["m1", "m2"]


def test_a_credential_of_ours_takes_precedence_over_the_key_in_the_body(
    post, feed, key
):
    other = factories.ingest_key(factories.feed())
    revoked = new_secret("pt_")
    body = {"batch": [track("m1")], "writeKey": key.text}

    found = [post("/v1/batch", body, h)[0] for h in (basic(other), bearer(revoked))]

    assert found == [401, 401]
    assert logged() == []


def test_a_partners_token_takes_precedence_over_a_key_in_the_body(post, feed):
    _, token = factories.token(feed.stream)
    item = track("m1", workspace=feed.workspace.external_id)

    status, answer = post(
        "/v1/batch", {"batch": [item], "writeKey": "x"}, bearer(token)
    )

    assert (status, answer["accepted"]) == (200, 1)


def test_a_single_call_can_contain_the_key_too(post, feed, key):
    status, _ = post("/v1/t", {**TRACK, "writeKey": key.text})

    assert status == 200
    assert "writeKey" not in logged(feed)[0]


def test_no_key_is_ever_stored(post, feed, key):
    body = {"batch": [track("m1", writeKey=key.text)], "writeKey": key.text}

    post("/v1/batch", body, basic(key))

    assert key.text not in str(logged(feed))


def test_a_compressed_batch_is_accepted(post, feed, key):
    body = gzip.compress(dumps({"batch": [track("m1")]}))

    status, _ = post("/v1/batch", body, {**basic(key), "Content-Encoding": "gzip"})

    assert (status, len(logged(feed))) == (200, 1)


def test_fields_of_the_batch_apply_to_each_event(post, feed, key):
    body = {
        "batch": [track("m1", timestamp="2020-01-01T00:00:00Z")],
        "context": {"ip": "192.0.2.1"},
        "integrations": {"All": False},
    }

    post("/v1/batch", body, basic(key))

    [event] = logged(feed)
    assert event["context"]["ip"] == "192.0.2.1"
    assert event["integrations"] == {"All": False}
    assert event["timestamp"] == "2020-01-01T00:00:00.000Z"


# --- Statuses ------------------------------------------------------------------------


def test_a_message_id_is_stored_once_and_a_repetition_succeeds(post, feed, key):
    post("/v1/track", track("m1"), basic(key))

    status, answer = post(
        "/v1/batch", {"batch": [track("m1"), track("m2")] * 2}, basic(key)
    )

    assert status == 200
    assert [r["outcome"] for r in answer["results"]] == [
        "duplicate", "accepted", "duplicate", "duplicate",
    ]  # fmt: skip
    assert [event["messageId"] for event in logged(feed)] == ["m1", "m2"]


def test_one_broken_event_does_not_affect_the_others(post, feed, key):
    good = dumps(track("good"))
    bad = [
        b'{"type":"track","userId":"u1","event":"E","properties":{"ratio":NaN}}',
        dumps(track("number", userId=7)),
        dumps(track("large", properties={"text": "x" * 40_000})),
        b'{"type":"track","userId":"\xff"}',
        b"7",
    ]
    body = b'{"batch": [%s]}' % b",".join([good, *bad, dumps(track("last"))])

    status, answer = post("/v1/batch", body, basic(key))

    assert status == 200
    assert [result.get("rule") for result in answer["results"]] == [
        None, "SPEC-JSON-003", "SPEC-ID-002", "SPEC-SIZE-001", "SPEC-JSON-002",
        "SPEC-JSON-001", None,
    ]  # fmt: skip
    assert (answer["success"], answer["accepted"], answer["rejected"]) == (True, 2, 5)
    assert [event["messageId"] for event in logged(feed)] == ["good", "last"]


def test_a_rejection_says_what_is_wrong_where_and_how_to_fix_it(post, key):
    _, answer = post("/v1/batch", {"batch": [track("m1", userId=7)]}, basic(key))

    assert answer["results"] == [
        {
            "outcome": "rejected",
            "messageId": "m1",
            "rule": "SPEC-ID-002",
            "path": "userId",
            "message": "userId is not a string. Segment drops such events.",
            "fix": 'Send it as a string: "userId": "7".',
        }
    ]


def test_a_rejected_single_call_is_a_400(post, feed, key):
    status, answer = post("/v1/track", {"userId": "u1"}, basic(key))

    assert status == 400
    assert (answer["success"], answer["code"]) == (False, "SPEC-NAME-001")
    assert (answer["path"], answer["fix"]) == (
        "event",
        'Send the name in "event", such as "Email Opened".',
    )
    assert logged(feed) == []


def test_events_of_a_workspace_without_a_connection_are_held(post):
    feed = factories.feed()

    _, answer = post("/v1/track", TRACK, basic(factories.ingest_key(feed)))

    assert (answer["held"], answer["results"][0]["outcome"]) == (1, "held")
    assert len(logged(feed)) == 1


def test_anonymous_events_are_accepted_if_the_stream_allows_them(
    post, clock, feed, key
):
    event = {**TRACK, "userId": None, "anonymousId": "a1"}
    refused, _ = post("/v1/track", event, basic(key))
    feed.stream.allow_anonymous = True
    feed.stream.save()
    clock.seconds += FRESH_S

    taken, _ = post("/v1/track", event, basic(key))

    assert (refused, taken) == (400, 200)


# --- Refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/batch", b"not json", 400, "INGEST-JSON-001"),
        ("/v1/batch", {"batch": []}, 400, "INGEST-BATCH-002"),
        ("/v1/batch", {"batch": [TRACK] * 2_501}, 400, "INGEST-BATCH-003"),
        ("/v1/batch", b" " * (500 * 1024 + 1), 413, "INGEST-SIZE-001"),
        ("/v1/track", b"{", 400, "SPEC-JSON-001"),
        ("/v1/purchase", {}, 404, "INGEST-PATH-001"),
    ],
)
def test_an_unacceptable_request_is_refused_as_a_whole(
    post, feed, key, path, body, status, code
):
    answered, answer = post(path, body, basic(key))

    assert (answered, answer["success"], answer["code"]) == (status, False, code)
    assert answer["message"]
    assert answer["fix"]
    assert logged(feed) == []


def test_an_api_request_to_the_address_for_events_is_sent_to_the_portals_pages(
    settings,
):
    settings.PORTAL_URL = "https://portal.example"
    with pytest.raises(RequestRefused) as refused:
        find_route("GET", "/api/v1/replays")

    assert refused.value.body["code"] == "INGEST-PATH-001"
    assert "Send API requests to https://portal.example." in refused.value.body["fix"]


def test_only_post_is_accepted(client):
    answer = client.get("/v1/track")

    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert answer.json()["code"] == "INGEST-METHOD-001"


def test_pages_of_any_site_can_send(client):
    asked = client.options("/v1/t", headers={"Origin": "https://shop.example"})

    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "authorization" in asked["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["/v1/track", "/v1/nowhere"])
def test_a_page_can_read_every_response_and_when_to_retry(client, path):
    origin = {"Origin": "https://shop.example"}

    answer = client.post(path, b"{}", content_type="text/plain", headers=origin)

    assert answer.status_code in (401, 404)
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer["Access-Control-Allow-Credentials"] == "true"
    assert "retry-after" in answer["Access-Control-Expose-Headers"]
    assert "origin" in answer["Vary"].lower()
    assert client.post(path)["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_allows_the_requested_headers(client):
    def asked(names):
        preflight = {"Origin": "null", "Access-Control-Request-Headers": names}
        return client.options("/v1/batch", headers=preflight)

    answer = asked("x-tool-version,content-type")
    assert answer["Access-Control-Allow-Headers"] == "x-tool-version,content-type"
    assert answer["Access-Control-Allow-Origin"] == "null"
    assert answer["Access-Control-Max-Age"] == "86400"
    assert "access-control-request-headers" in answer["Vary"].lower()
    assert asked("a" * 2_000)["Access-Control-Allow-Headers"] == ALLOWED


def test_without_a_key_nothing_is_accepted(post):
    status, answer = post("/v1/track", TRACK)

    assert (status, answer["code"]) == (401, "INGEST-KEY-001")


@pytest.mark.parametrize("header", [basic, bearer])
def test_an_unknown_key_is_refused_and_not_repeated(post, header):
    unknown = new_secret("ik_")

    status, answer = post("/v1/track", TRACK, header(unknown))

    assert (status, answer["code"]) == (401, "INGEST-KEY-002")
    assert unknown.text not in str(answer)


def test_a_token_is_not_a_key_and_a_key_is_not_a_token(post, feed, key):
    _, token = factories.token(feed.stream)

    as_key, _ = post("/v1/track", TRACK, basic(token))
    as_token, _ = post("/v1/track", TRACK, bearer(key))

    assert (as_key, as_token) == (401, 401)


def test_two_different_keys_in_one_request_are_refused(post, feed, key):
    other = factories.ingest_key(factories.feed())

    status, answer = post(
        "/v1/batch", {"batch": [TRACK], "writeKey": other.text}, basic(key)
    )

    assert (status, answer["code"]) == (401, "INGEST-KEY-003")


def test_an_event_with_its_own_key_or_workspace_is_refused_alone(post, feed, key):
    other = factories.ingest_key(factories.feed())
    batch = [
        track("m1", writeKey=other.text),
        track("m2", writeKey=key.text),
        track("m3", workspace="another"),
        track("m4", workspace=feed.workspace.external_id),
    ]

    _, answer = post("/v1/batch", {"batch": batch}, basic(key))

    assert [result.get("rule", "taken") for result in answer["results"]] == [
        "INGEST-KEY-004", "taken", "INGEST-WORKSPACE-003", "taken",
    ]  # fmt: skip
    assert [event["messageId"] for event in logged()] == ["m2", "m4"]


def test_a_replaced_key_is_refused_within_seconds(post, clock, feed, key):
    post("/v1/track", TRACK, basic(key))
    factories.ingest_key(feed)

    clock.seconds += FRESH_S
    status, _ = post("/v1/track", TRACK, basic(key))

    assert status == 401


# --- API tokens ----------------------------------------------------------------------


@pytest.fixture
def token(feed):
    return factories.token(feed.stream)[1]


def test_one_request_contains_events_of_many_workspaces(post, feed, token):
    other = factories.feed(feed.stream)
    mine, theirs = feed.workspace.external_id, other.workspace.external_id
    batch = [
        track("m1", workspace=mine),
        track("m2", workspace=theirs),
        track("m3", workspace=mine),
    ]

    status, answer = post("/v1/batch", {"batch": batch}, bearer(token))

    assert status == 200
    assert answer["results"] == [
        {"outcome": "accepted", "messageId": "m1", "workspace": mine, "seq": 1},
        {
            "outcome": "held", "messageId": "m2", "workspace": theirs, "seq": 1,
            "status": "held",
        },
        {"outcome": "accepted", "messageId": "m3", "workspace": mine, "seq": 2},
    ]  # fmt: skip
    assert "workspace" not in logged(feed)[0]
    assert answer["message"].startswith("Events with the outcome held are stored.")
    assert answer["fix"].startswith("Don't send them again.")


def test_a_response_without_held_events_has_no_message(post, feed, key):
    _, answer = post("/v1/track", TRACK, basic(key))

    assert answer["held"] == 0
    assert answer.keys().isdisjoint({"message", "fix"})


@pytest.mark.parametrize("status", ["paused", "attention"])
def test_an_event_of_a_connection_that_sends_nothing_is_held(post, feed, key, status):
    feed.connections.update(status=status)

    _, answer = post("/v1/track", TRACK, basic(key))

    [result] = answer["results"]
    assert (result["outcome"], result["status"]) == ("accepted", "held")


@pytest.mark.parametrize(
    ("workspace", "rule"),
    [
        (None, "INGEST-WORKSPACE-001"),
        (7, "INGEST-WORKSPACE-002"),
        ("", "INGEST-WORKSPACE-002"),
        (" ", "INGEST-WORKSPACE-002"),
        ("x" * 101, "INGEST-WORKSPACE-002"),
        ("a\0", "INGEST-WORKSPACE-002"),
    ],
)
def test_each_event_must_name_its_workspace(post, token, workspace, rule):
    status, answer = post("/v1/track", {**TRACK, "workspace": workspace}, bearer(token))

    assert (status, answer["code"], answer["path"]) == (400, rule, "workspace")
    assert answer["results"][0]["rule"] == rule


def test_a_new_workspace_is_created_with_its_feed(post, feed, token):
    _, first = post("/v1/track", {**TRACK, "workspace": "acme"}, bearer(token))
    _, second = post("/v1/track", {**TRACK, "workspace": "acme"}, bearer(token))

    assert [answer["results"][0]["seq"] for answer in (first, second)] == [1, 2]
    made = Workspace.objects.get(partner=feed.stream.partner, external_id="acme")
    assert Feed.objects.get(workspace=made).stream == feed.stream
    assert first["results"][0]["outcome"] == "held"


def test_a_bad_event_creates_no_workspace(post, token):
    post("/v1/track", {"userId": "u1", "workspace": "acme"}, bearer(token))

    assert not Workspace.objects.filter(external_id="acme").exists()


def test_a_stream_can_accept_events_of_known_workspaces_only(post, feed, token):
    feed.stream.create_workspaces = False
    feed.stream.save()
    known = factories.workspace(feed.stream.partner)
    batch = [track("m1", workspace="acme"), track("m2", workspace=known.external_id)]

    _, answer = post("/v1/batch", {"batch": batch}, bearer(token))

    assert [result.get("rule") for result in answer["results"]] == [
        "INGEST-WORKSPACE-004",
        None,
    ]
    assert not Workspace.objects.filter(external_id="acme").exists()


def test_a_workspace_of_another_partner_is_not_reached(post, feed, token):
    theirs = factories.feed()

    post(
        "/v1/track", {**TRACK, "workspace": theirs.workspace.external_id}, bearer(token)
    )

    assert logged(theirs) == []


def test_a_batch_with_an_api_token_can_be_larger(post, feed, token, key):
    event = track(
        "m1", workspace=feed.workspace.external_id, properties={"t": "x" * 30_000}
    )
    body = {"batch": [event] * 20}

    assert post("/v1/batch", body, bearer(token))[0] == 200
    assert post("/v1/batch", body, basic(key))[0] == 413


def test_a_revoked_token_is_refused_within_seconds(post, clock, feed):
    row, token = factories.token(feed.stream)
    event = {**TRACK, "workspace": feed.workspace.external_id}
    post("/v1/track", event, bearer(token))
    row.revoked_at = now()
    row.save()

    before, _ = post("/v1/track", event, bearer(token))
    clock.seconds += FRESH_S
    after, _ = post("/v1/track", event, bearer(token))

    assert (before, after) == (200, 401)


def test_the_use_of_a_token_is_recorded_once_a_minute(post, clock, feed):
    row, token = factories.token(feed.stream)
    event = {**TRACK, "workspace": feed.workspace.external_id}
    post("/v1/track", event, bearer(token))
    row.refresh_from_db()
    first = row.last_used_at

    clock.seconds += FRESH_S
    post("/v1/track", event, bearer(token))
    row.refresh_from_db()
    second = row.last_used_at
    long_ago = now() - USE_NOTED_EVERY - timedelta(seconds=1)
    type(row).objects.update(last_used_at=long_ago)
    clock.seconds += FRESH_S
    post("/v1/track", event, bearer(token))
    row.refresh_from_db()

    assert first == second
    assert row.last_used_at >= first


@pytest.mark.parametrize("feeds", [1, 3])
def test_more_workspaces_and_events_take_no_more_queries(
    post, feed, token, feeds, django_assert_max_num_queries
):
    known = [factories.feed(feed.stream).workspace.external_id for _ in range(feeds)]
    batch = [track(f"m{i}", workspace=name) for i, name in enumerate(known * 3)]

    with django_assert_max_num_queries(14):
        post("/v1/batch", {"batch": batch}, bearer(token))


def of(*workspaces):
    return {"batch": [track(f"m-{w}", workspace=w) for w in workspaces]}


def test_lookalike_ids_are_one_workspace(post, feed):
    _, token = factories.token(feed.stream)
    alike = ["caf\u00e9", "cafe\u0301", " caf\u00e9", "caf\u00e9\u00a0", "caf\u00e9\n"]

    _, answer = post("/v1/batch", of(*alike), bearer(token))

    assert answer["held"] == 5
    made = feed.stream.partner.workspaces.exclude(pk=feed.workspace_id)
    assert [w.external_id for w in made] == ["caf\u00e9"]


def test_ids_that_differ_in_width_or_shape_are_one_workspace(post, feed):
    _, token = factories.token(feed.stream)
    alike = ["file-17 \uac00", "\ufb01le-17 \uac00", "ｆｉｌｅ－１７\u3000\uac00"]
    others = ["file-\u00b9\u2077 \uac00", "file-①⑦ \uac00"]

    _, answer = post("/v1/batch", of(*alike, *others), bearer(token))

    assert answer["held"] == 5
    made = feed.stream.partner.workspaces.exclude(pk=feed.workspace_id)
    assert sorted(w.external_id for w in made) == sorted([alike[0], *others])


@pytest.mark.parametrize(
    "hidden",
    [
        "\u200b", "\u202e", "\x07", "\ufeff", "\u2028", "\u3164", "\u115f", "\u2800",
        "\ufe0f", "\u034f", "\U000e0100",
    ],
)  # fmt: skip
def test_an_id_with_an_invisible_character_is_refused_with_the_reason(
    post, feed, hidden
):
    _, token = factories.token(feed.stream)

    _, answer = post("/v1/batch", of(f"a{hidden}b", "ab"), bearer(token))

    assert (answer["rejected"], answer["held"]) == (1, 1)
    refused = answer["results"][0]
    assert refused["rule"] == "INGEST-WORKSPACE-002"
    assert f"U+{ord(hidden):04X}" in refused["message"]


def test_an_existing_workspace_with_such_an_id_keeps_it(post, feed):
    _, token = factories.token(feed.stream)
    Workspace.objects.filter(pk=feed.workspace_id).update(external_id=" a\u200b ")

    _, answer = post("/v1/batch", of(" a\u200b "), bearer(token))

    assert answer["accepted"] == 1
    assert len(logged(feed)) == 1


def test_workspaces_are_created_in_few_queries(
    post, feed, django_assert_max_num_queries
):
    _, token = factories.token(feed.stream)

    with django_assert_max_num_queries(60):
        _, answer = post("/v1/batch", of(*map(str, range(500))), bearer(token))

    assert answer["held"] == 500
    assert feed.stream.feeds.count() == 501


def test_new_workspaces_above_the_rate_limit_are_deferred(post, feed, settings):
    settings.MAX_NEW_WORKSPACES_PER_MINUTE = 4
    _, token = factories.token(feed.stream)  # whose one workspace is as new

    status, answer = post("/v1/batch", of("e", "d", "c", "b", "a"), bearer(token))

    assert (status, answer["held"], answer["throttled"]) == (200, 3, 2)
    assert [r["outcome"] for r in answer["results"]][3:] == ["throttled"] * 2
    assert answer["results"][3]["rule"] == "INGEST-WORKSPACE-005"
    assert answer["results"][3]["fix"]
    status, answer = post("/v1/batch", of("a"), bearer(token))
    assert (status, answer["code"]) == (429, "INGEST-WORKSPACE-005")
    Feed.objects.update(created_at=now() - timedelta(minutes=2))
    assert post("/v1/batch", of("a"), bearer(token))[0] == 200


def test_workspaces_above_a_streams_limit_are_deferred(post, feed, settings):
    settings.MAX_STREAM_WORKSPACES = 2
    _, token = factories.token(feed.stream)

    _, answer = post("/v1/batch", of("a", "b"), bearer(token))

    assert (answer["held"], answer["throttled"]) == (1, 1)
    assert answer["results"][1]["rule"] == "INGEST-WORKSPACE-006"


# --- Removed workspaces -----------------------------------------------------------------


def remove(workspace):
    found = Workspace.objects.filter(pk=workspace.pk)
    assert remove_empty(found, actor=None) == 1


def test_a_removed_workspace_is_created_again_within_a_second(post, clock):
    gone = factories.feed()
    _, token = factories.token(gone.stream)
    event = of(gone.workspace.external_id)
    bad = {"type": "track", "workspace": gone.workspace.external_id}
    post("/v1/batch", {"batch": [bad]}, bearer(token))  # the workspace is cached now
    remove(gone.workspace)

    status, answer = post("/v1/batch", event, bearer(token))
    clock.seconds += 1
    again, _ = post("/v1/batch", event, bearer(token))

    assert (status, answer["code"]) == (503, "INGEST-WORKSPACE-007")
    assert again == 200
    made = Workspace.objects.get(external_id=gone.workspace.external_id)
    assert made.public_id != gone.workspace.public_id
    assert len(logged()) == 1


def test_the_ingest_key_of_a_removed_workspace_is_refused(post, clock):
    gone = factories.feed()
    key = factories.ingest_key(gone)
    post("/v1/track", {"event": 7, "userId": "u"}, basic(key))  # the key is cached now
    remove(gone.workspace)

    first, _ = post("/v1/track", TRACK, basic(key))
    clock.seconds += 1
    then, _ = post("/v1/track", TRACK, basic(key))

    assert (first, then) == (503, 401)


def test_a_removed_workspace_no_longer_counts_against_the_limit(post, settings):
    settings.MAX_STREAM_WORKSPACES = 1
    gone = factories.feed()
    _, token = factories.token(gone.stream)
    remove(gone.workspace)

    _, answer = post("/v1/batch", of("new"), bearer(token))

    assert answer["held"] == 1
