"""A valid event that breaks the plan, in each validation mode."""

from __future__ import annotations

import pytest

from streams.base.caching.ttl_cache import TtlCache
from streams.events.models import Event, QuarantinedEvent
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.credentials.credential_cache import FRESH_S, CredentialCache
from tests import factories
from tests.ingest.sender_requests import basic, bearer, dumps, track

pytestmark = pytest.mark.django_db

PLANNED, UNPLANNED = "Email Opened", "Email Forwarded"


class Clock:
    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    lookup = CredentialLookup(CredentialCache(clock), TtlCache(100, clock))
    monkeypatch.setattr(django_views, "lookup", lookup)
    return clock


@pytest.fixture
def feed(clock):
    """A connected feed whose stream has published a plan with one event."""
    feed = factories.cursor(factories.connection()).feed
    factories.published_plan(feed.stream, PLANNED)
    return feed


@pytest.fixture
def post(client):
    def post(path, body, headers):
        answer = client.post(
            path, dumps(body), content_type="application/json", headers=headers
        )
        return answer.status_code, answer.json()

    return post


def set_mode(feed, stream="off", workspace="off"):
    feed.stream.check_mode, feed.workspace.check_mode = stream, workspace
    feed.stream.save()
    feed.workspace.save()


def in_log(feed):
    rows = Event.objects.filter(feed=feed).order_by("seq")
    return list(rows.values_list("seq", "message_id"))


def in_quarantine(feed):
    rows = QuarantinedEvent.objects.filter(feed=feed).order_by("pk")
    return list(rows.values_list("message_id", "rule"))


RULE = "PLAN-EVENT-001"
BATCH = {
    "batch": [track("m1"), track("m2", event=UNPLANNED), track("m3")],
}


@pytest.mark.parametrize(
    ("mode", "outcome", "logged", "held"),
    [
        ("off", "accepted", [(1, "m1"), (2, "m2"), (3, "m3")], []),
        ("warn", "warned", [(1, "m1"), (2, "m2"), (3, "m3")], []),
        ("quarantine", "quarantined", [(1, "m1"), (2, "m3")], [("m2", RULE)]),
        ("reject", "rejected", [(1, "m1"), (2, "m3")], []),
    ],
)
def test_an_event_outside_the_plan_and_its_neighbors(
    post, feed, mode, outcome, logged, held
):
    set_mode(feed, mode)

    status, answer = post("/v1/batch", BATCH, basic(factories.ingest_key(feed)))

    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == [
        "accepted", outcome, "accepted",
    ]  # fmt: skip
    assert answer[outcome] == (3 if outcome == "accepted" else 1)
    assert in_log(feed) == logged
    assert in_quarantine(feed) == held
    feed.refresh_from_db()
    assert (feed.head_seq, feed.quarantined) == (len(logged), len(held))


def test_each_issue_is_reported_with_its_fix(post, feed):
    set_mode(feed, "warn")

    _, answer = post(
        "/v1/track", track("m1", event=UNPLANNED), basic(factories.ingest_key(feed))
    )

    [result] = answer["results"]
    assert (result["outcome"], result["seq"]) == ("warned", 1)
    assert result["checks"] == "warned"
    [finding] = result["findings"]
    assert (finding["rule"], finding["severity"], finding["path"]) == (
        RULE, "error", "event",
    )  # fmt: skip
    assert finding["message"] == "This event is not in the stream's tracking plan."
    assert (
        finding["fix"]
        == "Send an event that is in the plan, or add this event to the plan."
    )


@pytest.mark.parametrize(
    ("mode", "status", "outcome"),
    [("quarantine", 200, "quarantined"), ("reject", 400, "rejected")],
)
def test_a_quarantined_single_call_succeeds_and_a_rejected_one_does_not(
    post, feed, mode, status, outcome
):
    set_mode(feed, mode)

    answered, answer = post(
        "/v1/track", track("m1", event=UNPLANNED), basic(factories.ingest_key(feed))
    )

    assert (answered, answer[outcome]) == (status, 1)
    assert answer["success"] is (status == 200)


def test_a_quarantined_event_is_not_due_and_a_repetition_is_a_duplicate(post, feed):
    set_mode(feed, "quarantine")
    key = basic(factories.ingest_key(feed))

    post("/v1/track", track("m1", event=UNPLANNED), key)
    _, answer = post("/v1/track", track("m1", event=UNPLANNED), key)

    assert answer["duplicate"] == 1
    assert in_quarantine(feed) == [("m1", RULE)]
    assert feed.cursors.get().due_at is None


def test_warnings_and_hints_stop_no_event_and_hints_are_not_reported(post, feed):
    not_in_title_case = "newsletter liked"
    factories.published_plan(feed.stream, not_in_title_case, number=2)
    set_mode(feed, "reject")
    hinted = track("m1", event=not_in_title_case, properties={})
    warned = hinted | {"messageId": "m2", "properties": {"unplanned": 1}}

    _, answer = post(
        "/v1/batch", {"batch": [hinted, warned]}, basic(factories.ingest_key(feed))
    )

    told = [
        (result["outcome"], [found["rule"] for found in result.get("findings", ())])
        for result in answer["results"]
    ]
    assert told == [("accepted", []), ("warned", ["PLAN-PROPERTY-001"])]
    assert in_log(feed) == [(1, "m1"), (2, "m2")]


def test_a_workspace_can_be_stricter_than_its_stream_and_not_more_lenient(post, feed):
    other = factories.cursor(factories.connection(factories.feed(feed.stream))).feed
    set_mode(feed, "warn", "reject")
    set_mode(other, "warn", "off")
    _, token = factories.token(feed.stream)
    events = [
        track("m1", event=UNPLANNED, workspace=one.workspace.external_id)
        for one in (feed, other)
    ]

    _, answer = post("/v1/batch", {"batch": events}, bearer(token))

    outcomes = [result["outcome"] for result in answer["results"]]
    assert outcomes == ["rejected", "warned"]


def test_a_change_of_the_mode_or_the_plan_takes_effect_within_seconds(
    post, feed, clock
):
    set_mode(feed, "reject")
    key = basic(factories.ingest_key(feed))
    outcomes = []

    def send():
        clock.seconds += FRESH_S
        message_id = f"m{len(outcomes)}"
        _, answer = post("/v1/track", track(message_id, event=UNPLANNED), key)
        outcomes.append(answer["results"][0]["outcome"])

    send()
    factories.published_plan(feed.stream, PLANNED, UNPLANNED, number=2)
    send()
    factories.published_plan(feed.stream, PLANNED, number=3)
    send()
    set_mode(feed, "off")
    send()

    assert outcomes == ["rejected", "accepted", "rejected", "accepted"]


def test_a_draft_of_the_plan_has_no_effect(post, feed):
    factories.published_plan(feed.stream, UNPLANNED, number=2, published_at=None)
    set_mode(feed, "reject")

    status, _ = post("/v1/track", track("m1"), basic(factories.ingest_key(feed)))

    assert status == 200


def test_a_response_reports_a_bounded_number_of_issues(post, feed):
    set_mode(feed, "warn")
    unplanned = dict.fromkeys("abcdefghij", 1)
    batch = [track(f"m{n}", properties=unplanned) for n in range(120)]

    _, answer = post("/v1/batch", {"batch": batch}, basic(factories.ingest_key(feed)))

    told = [len(result.get("findings", ())) for result in answer["results"]]
    assert answer["warned"] == 120
    assert told == [5] * 100 + [0] * 20


def test_a_name_that_means_a_spec_event_is_stopped_unless_the_stream_has_an_exception(
    post, feed, clock
):
    factories.published_plan(feed.stream, "Purchase", "Email Unsubscribed", number=2)
    set_mode(feed, "reject")
    key = basic(factories.ingest_key(feed))

    _, refused = post("/v1/track", track("m1", event="Purchase"), key)
    _, warned = post("/v1/track", track("m2", event="Email Unsubscribed"), key)
    feed.stream.spec_readings = ["email-unsubscribed"]
    feed.stream.save()
    clock.seconds += FRESH_S
    _, taken = post("/v1/track", track("m3", event="Email Unsubscribed"), key)

    answers = [answer["results"][0] for answer in (refused, warned, taken)]
    assert [answer["outcome"] for answer in answers] == [
        "rejected", "warned", "accepted",
    ]  # fmt: skip
    assert answers[0]["rule"] == "SPEC-NAME-003"
    assert "Order Completed" in answers[0]["fix"]
