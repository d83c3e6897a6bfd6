"""Events without a userId: the identity map of their workspace has it, or the stream decides."""

from __future__ import annotations

import json

import pytest

from streams.catalog.identity_settings import choose_identity
from streams.delivery import quarantine_jobs
from streams.delivery.quarantine_decisions import decide
from streams.delivery.waiting import release as waiting_release
from streams.delivery.waiting import renewal as waiting_renewal
from streams.events.models import Event, QuarantinedEvent, WaitingEvent
from streams.events.quarantine import QuarantineFilter
from streams.identity import lookup as identity_lookup
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.people.lookup import look_up
from streams.observability.reconcile import inconsistencies
from tests import factories
from tests.ingest.sender_requests import basic, bearer, dumps

pytestmark = pytest.mark.django_db

TOOL_ID, EMAIL, PHONE, ANONYMOUS_ID, EXTERNAL_ID = IdentifierKind
SEGMENT = Origin(OriginKind.INBOUND, "project-1", "message-1")
USER_ID = " Ü-42 "  # byte for byte, with its spaces


@pytest.fixture(autouse=True)
def fresh_caches(monkeypatch):
    monkeypatch.setattr(django_views, "lookup", CredentialLookup())
    identity_lookup.clear_cache()


@pytest.fixture
def feed():
    """A connected feed of a stream that looks up userIds by the tool's ID, then by email."""
    feed = factories.cursor(factories.connection()).feed
    choose(feed.stream)
    return feed


def choose(stream, order=("tool_id", "email"), unresolved="set_aside", check=False):
    choose_identity(
        stream=stream,
        identify_by=order,
        unresolved=unresolved,
        check_user_ids=check,
        actor=None,
    )


def link(feed, kind, value, user_id=USER_ID, type_=""):
    identifiers = [Identifier(kind, value, type_)]
    learn(feed.pk, [IdentityFact(user_id, identifiers, factories.NOW, SEGMENT)])


@pytest.fixture
def post(client, feed):
    def post(*events, key=None):
        headers = basic(key or factories.ingest_key(feed))
        body = dumps({"batch": list(events)})
        answer = client.post(
            "/v1/batch", body, content_type="application/json", headers=headers
        )
        return answer.json()["results"]

    return post


def opened(message_id="m1", **changes):
    event = {"type": "track", "event": "Email Opened", "messageId": message_id}
    return event | changes


def payload(row):
    return json.loads(bytes(row.payload))


@pytest.mark.parametrize(
    ("known", "sent", "by"),
    [
        ((TOOL_ID, "7"), {"person": {"id": "7"}}, "tool_id"),
        ((TOOL_ID, "7"), {"person": {"id": 7}}, "tool_id"),
        ((EMAIL, "alice@example.com"), {"person": {"email": " Alice@Example.com"}}, "email"),
        ((EMAIL, "a@example.com"), {"context": {"traits": {"email": "a@example.com"}}}, "email"),
        ((EMAIL, "a@example.com"), {"person": {"id": "8", "email": "a@example.com"}}, "email"),
        ((PHONE, "+49 30 123456"), {"person": {"phone": "+4930123456"}}, "phone"),
        ((ANONYMOUS_ID, "a-1"), {"person": {"anonymousId": "a-1"}}, "anonymous_id"),
    ],
)  # fmt: skip
def test_an_event_gets_the_user_id_of_its_person_byte_for_byte(
    post, feed, known, sent, by
):
    choose(feed.stream, ["tool_id", "email", "phone", "anonymous_id"])
    link(feed, *known)

    [result] = post(opened(**sent))

    assert (result["outcome"], result["identity"]) == ("accepted", {"by": by})
    stored = payload(Event.objects.get())
    assert stored["userId"] == USER_ID
    assert "person" not in stored


def test_an_external_id_counts_with_its_type(post, feed):
    choose(feed.stream, ["external_id"])
    link(feed, EXTERNAL_ID, "7", type_="shop_id")
    other, same = [
        {"externalIds": [{"id": "7", "type": kind, "collection": "users"}]}
        for kind in ("crm_id", "shop_id")
    ]

    results = post(opened("m1", context=other), opened("m2", context=same))

    assert [result["outcome"] for result in results] == ["quarantined", "accepted"]


def test_the_tools_id_goes_into_the_context_and_is_found_there(post, feed):
    field = f"{feed.stream.slug}Id"
    link(feed, TOOL_ID, "7")

    post(opened("m1", person={"id": 7}), opened("m2", context={field: "7"}))

    contexts = [payload(row)["context"] for row in Event.objects.order_by("seq")]
    assert [context[field] for context in contexts] == ["7", "7"]


def test_the_first_identifier_of_the_streams_order_decides(post, feed):
    link(feed, TOOL_ID, "7", "by-id")
    link(feed, EMAIL, "a@example.com", "by-email")
    person = {"id": "7", "email": "a@example.com"}

    post(opened("m1", person=person))
    choose(feed.stream, ["email", "tool_id"])
    django_views.lookup = CredentialLookup()
    post(opened("m2", person=person))

    users = Event.objects.order_by("seq").values_list("user_id", flat=True)
    assert list(users) == ["by-id", "by-email"]


def test_the_people_of_a_request_take_at_most_two_queries(
    feed, django_assert_max_num_queries
):
    people = [
        (Identifier(TOOL_ID, str(i)), Identifier(EMAIL, f"p{i}@example.com"))
        for i in range(1, 51)
    ]
    link(feed, TOOL_ID, "1", "by-id")
    link(feed, EMAIL, "p2@example.com", "by-email")

    with django_assert_max_num_queries(2):
        found = look_up(feed.pk, people)

    user_ids = [found[person].user_id for person in people]
    assert user_ids == ["by-id", "by-email"] + [""] * 48


def test_links_of_another_workspace_count_for_nothing(client):
    cursor = factories.cursor(factories.connection())
    stream = cursor.feed.stream
    choose(stream)
    other = factories.feed(stream)
    link(cursor.feed, TOOL_ID, "7")
    _, token = factories.token(stream)
    events = [
        opened(f"m{i}", workspace=feed.workspace.external_id, person={"id": "7"})
        for i, feed in enumerate([cursor.feed, other])
    ]

    answer = client.post(
        "/v1/batch",
        dumps({"batch": events}),
        content_type="application/json",
        headers=bearer(token),
    )

    outcomes = [result["outcome"] for result in answer.json()["results"]]
    assert outcomes == ["accepted", "quarantined"]


def test_an_unknown_person_is_set_aside_with_the_reason(post, feed):
    [result] = post(opened(person={"id": "7", "email": "a@example.com"}))

    assert result["outcome"] == "quarantined"
    [issue] = result["findings"]
    assert (issue["rule"], issue["path"]) == ("IDENTITY-UNRESOLVED", "userId")
    held = QuarantinedEvent.objects.get()
    assert held.rule == "IDENTITY-UNRESOLVED"
    assert payload(held)["person"] == {"id": "7", "email": "a@example.com"}
    waiting = WaitingEvent.objects.order_by("rank")
    assert list(waiting.values_list("event_id", "rank")) == [(held.pk, 0), (held.pk, 1)]
    assert b"a@example.com" not in b"".join(bytes(row.digest) for row in waiting)
    assert inconsistencies(feed) == []


def test_later_events_of_a_person_wait_behind_the_first_one(post, feed):
    post(opened("m1", person={"id": "7"}))
    link(feed, TOOL_ID, "7")
    link(feed, TOOL_ID, "8", "other")

    results = post(opened("m2", person={"id": "7"}), opened("m3", person={"id": "8"}))

    assert [result["outcome"] for result in results] == ["quarantined", "accepted"]
    [issue] = results[0]["findings"]
    assert issue["message"] == "Earlier events of this person wait for their userId."
    held = QuarantinedEvent.objects.order_by("pk")
    assert list(held.values_list("message_id", flat=True)) == ["m1", "m2"]


def test_a_duplicate_of_an_event_that_waits_is_a_duplicate(post, feed):
    post(opened(person={"id": "7"}))

    [result] = post(opened(person={"id": "7"}))

    assert result["outcome"] == "duplicate"
    assert WaitingEvent.objects.count() == 1


def test_an_unknown_person_gets_the_same_anonymous_id_every_time(post, feed):
    choose(feed.stream, unresolved="anonymous")

    results = post(
        opened("m1", person={"id": "7"}),
        opened("m2", person={"id": "7"}),
        opened("m3", person={"id": "8"}),
        opened("m4", person={"email": "A@example.com"}),
        opened("m5", person={"email": "a@example.com "}),
        opened("m6", person={"id": "9", "anonymousId": "own"}),
    )

    assert {result["outcome"] for result in results} == {"accepted"}
    rows = [payload(row) for row in Event.objects.order_by("seq")]
    ids = [row["anonymousId"] for row in rows]
    assert ids[0] == ids[1]
    assert ids[3] == ids[4]
    assert len({*ids}) == 4
    assert ids[5] == "own"
    assert not any("userId" in row or "person" in row for row in rows)


@pytest.mark.parametrize(
    "person", ["abc", ["abc"], {"anonymousId": {"a": 1}}, {"anonymousId": "x" * 1_001}]
)
def test_a_person_without_a_usable_anonymous_id_gets_one(post, feed, person):
    choose(feed.stream, unresolved="anonymous")
    context = {"traits": {"email": "a@example.com"}}

    results = post(
        opened("m1", person=person, context=context), opened("m2", context=context)
    )

    assert [result["outcome"] for result in results] == ["accepted"] * 2
    first, second = [payload(row)["anonymousId"] for row in Event.objects.all()]
    assert first == second


def test_another_workspace_has_other_anonymous_ids(client, feed):
    choose(feed.stream, unresolved="anonymous")
    other = factories.feed(feed.stream)
    for one in (feed, other):
        client.post(
            "/v1/batch",
            dumps({"batch": [opened(person={"id": "7"})]}),
            content_type="application/json",
            headers=basic(factories.ingest_key(one)),
        )

    ids = {payload(row)["anonymousId"] for row in Event.objects.all()}
    assert len(ids) == 2


def test_an_unknown_person_is_rejected_if_the_stream_says_so(post, feed):
    choose(feed.stream, unresolved="reject")

    [result] = post(opened(person={"id": "7"}))

    assert (result["outcome"], result["rule"]) == ("rejected", "IDENTITY-UNRESOLVED")
    assert not QuarantinedEvent.objects.exists()


def test_an_event_without_a_usable_identifier_is_rejected_as_before(post, feed):
    results = post(
        opened("m1"),
        opened("m2", person={"id": "0", "email": "nobody", "phone": "12"}),
        opened("m3", person="7"),
        opened("m4", person={"id": {"a": 1}}, userId=""),
    )

    rules = [result["rule"] for result in results]
    assert rules == ["SPEC-ID-001", "SPEC-ID-001", "SPEC-ID-001", "SPEC-ID-003"]


def test_a_refused_event_says_which_identifiers_the_stream_looks_for(post, feed):
    choose(feed.stream, ["tool_id", "email", "phone"])

    [misspelled] = post(opened(persons={"id": "7"}))

    assert misspelled["message"] == (
        "userId is missing, and the event has no valid identifier to look it up by. The stream"
        " looks for: person.id, person.email, person.phone."
    )
    assert "/docs/guide/ingest/#events-without-a-userid" in misspelled["fix"]


@pytest.mark.parametrize(
    "sent",
    [
        {"person": {"id": "7"}},
        {"context": {"traits": {"email": "a@example.com"}}},
        {"context": {"externalIds": [{"id": "7", "type": "shop_id"}]}},
    ],
)
def test_a_refused_event_says_that_the_stream_looks_up_no_user_ids(post, feed, sent):
    choose(feed.stream, [])

    [result] = post(opened(**sent))

    assert result["rule"] == "SPEC-ID-001"
    assert "doesn't look up userIds" in result["message"]
    assert "turn on “Look up missing userIds” in the stream's settings" in result["fix"]


def test_a_refused_event_without_any_identifier_only_lacks_a_user_id(post, feed):
    choose(feed.stream, [])

    results = post(opened("m1"), {"type": "alias", "previousId": "p", "person": {}})

    assert results[0]["message"] == "userId is missing."
    assert results[1]["message"] == "userId is missing. An alias call always needs one."


def test_an_event_with_its_own_anonymous_id_is_sent_if_the_stream_accepts_those(
    post, feed
):
    feed.stream.allow_anonymous = True
    feed.stream.save()

    [result] = post(opened(anonymousId="a-1", person={"id": "7"}))

    assert result["outcome"] == "accepted"
    assert payload(Event.objects.get())["anonymousId"] == "a-1"


def test_an_event_with_a_user_id_keeps_it(post, feed):
    link(feed, TOOL_ID, "7", "other")

    post(opened(userId="u1", person={"id": "7"}))

    last = payload(Event.objects.last())
    assert (last["userId"], "person" in last) == ("u1", False)
    assert last["context"][f"{feed.stream.slug}Id"] == "7"


def test_an_alias_without_a_user_id_is_rejected(post, feed):
    link(feed, TOOL_ID, "7")

    [result] = post({"type": "alias", "previousId": "a", "person": {"id": "7"}})

    assert result["rule"] == "SPEC-ID-001"


def test_a_stream_without_an_order_removes_person_and_asks_for_a_user_id(post, feed):
    choose(feed.stream, [])
    link(feed, TOOL_ID, "7")

    results = post(
        opened("m1", person={"id": "7"}), opened("m2", userId="u1", person={"id": "7"})
    )

    assert [result["outcome"] for result in results] == ["rejected", "accepted"]
    assert results[0]["rule"] == "SPEC-ID-001"
    assert "person" not in payload(Event.objects.get())


def test_a_broken_event_is_rejected_before_anyone_is_looked_up(post, feed):
    [result] = post({"type": "track", "person": {"id": "7"}})

    assert result["rule"] == "SPEC-NAME-001"


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        ({"userId": "7", "person": {"id": 7}}, "IDENTITY-TOOL-ID"),
        ({"userId": "other", "person": {"id": "8"}}, "IDENTITY-CONTRADICTS"),
        ({"userId": USER_ID, "person": {"id": "8"}}, None),
        ({"userId": "new", "person": {"id": "9"}}, None),
    ],
)
@pytest.mark.parametrize(
    ("mode", "outcome"),
    [("warn", "warned"), ("quarantine", "quarantined"), ("reject", "rejected")],
)
def test_a_wrong_user_id_is_an_issue_if_the_stream_checks_them(
    post, feed, sent, rule, mode, outcome
):
    feed.stream.check_mode = mode
    feed.stream.save()
    choose(feed.stream, check=True)
    link(feed, TOOL_ID, "8")

    [result] = post(opened(**sent))

    found = [issue["rule"] for issue in result.get("findings", ())]
    assert result["outcome"] == (outcome if rule else "accepted")
    assert (result.get("rule") or "".join(found)) == (rule or "")


def test_user_ids_are_not_checked_by_default(post, feed):
    link(feed, TOOL_ID, "8")

    results = post(
        opened("m1", userId="7", person={"id": "7"}),
        opened("m2", userId="other", person={"id": "8"}),
    )

    assert {result["outcome"] for result in results} == {"accepted"}


def test_an_unknown_person_in_an_event_that_breaks_the_plan_waits_for_a_decision(
    post, feed
):
    feed.stream.check_mode = "quarantine"
    feed.stream.save()
    factories.published_plan(feed.stream, "Email Clicked")

    [result] = post(opened(person={"id": "7"}))

    rules = [issue["rule"] for issue in result["findings"]]
    assert rules == ["PLAN-EVENT-001", "IDENTITY-UNRESOLVED"]
    assert QuarantinedEvent.objects.get().rule == "PLAN-EVENT-001"
    assert not WaitingEvent.objects.exists()


def test_an_event_with_a_user_id_waits_behind_others_of_its_person(post, feed):
    person = {"id": "7"}
    post(opened("m1", person=person))

    results = post(
        opened("m2", userId="own", person=person),
        opened("m3", userId="own", person={"id": "8"}),
        opened("m4", userId="own"),
    )

    outcomes = [result["outcome"] for result in results]
    assert outcomes == ["quarantined", "accepted", "accepted"]
    [issue] = results[0]["findings"]
    assert issue["message"] == "Earlier events of this person wait for their userId."
    link(feed, TOOL_ID, "7")
    waiting_release.work(lambda: False)
    rows = [payload(row) for row in Event.objects.order_by("seq")]
    assert [row["messageId"] for row in rows] == ["m3", "m4", "m1", "m2"]
    assert [row["userId"] for row in rows] == ["own", "own", USER_ID, "own"]
    assert not any("person" in row for row in rows)
    assert inconsistencies(feed) == []


def test_an_event_with_a_user_id_stops_waiting_when_no_earlier_event_does(
    post, feed, monkeypatch
):
    post(opened("m1", person={"id": "7"}))
    post(opened("m2", userId="own", person={"id": "7"}))
    compare_all(monkeypatch)
    assert not Event.objects.exists()
    first = QuarantinedEvent.objects.order_by("pk")[0]
    held = QuarantineFilter(ids=[first.pk])
    decide(feeds=[feed], held=held, action="release", actor=None)
    quarantine_jobs.work(lambda: False)

    compare_all(monkeypatch)

    ids = Event.objects.order_by("seq").values_list("message_id", flat=True)
    assert list(ids) == ["m1", "m2"]
    assert not WaitingEvent.objects.exists()


def compare_all(monkeypatch):
    """Compare all events that wait with the identity map, and release those that can be."""
    monkeypatch.setattr(waiting_renewal._Walk, "next_at", 0.0)
    monkeypatch.setattr(waiting_renewal._Walk, "after", 0)
    waiting_renewal.work()
    waiting_release.work(lambda: False)


def test_an_event_whose_user_id_was_found_by_a_weaker_identifier_waits_behind_others(
    post, feed
):
    post(opened("m1", person={"id": "7"}))
    link(feed, EMAIL, "a@example.com")

    [result] = post(opened("m2", person={"id": "7", "email": "a@example.com"}))
    waiting_release.work(lambda: False)

    assert result["outcome"] == "quarantined"
    rows = [payload(row) for row in Event.objects.order_by("seq")]
    assert [(row["messageId"], row["userId"]) for row in rows] == [
        ("m1", USER_ID),
        ("m2", USER_ID),
    ]
