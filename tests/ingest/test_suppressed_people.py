"""Events of suppressed people are counted, and not stored."""

from __future__ import annotations

import pytest

from streams.catalog.identity_settings import choose_identity
from streams.events.models import Event, Feed, QuarantinedEvent
from streams.identity import lookup as identity_lookup
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind, SuppressedPerson
from streams.identity.suppression.services import (
    SuppressionScope,
    suppress,
    unsuppress,
)
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.observability import ledger
from streams.observability.suppressed_events.counter import SuppressedCounter, flush
from tests import factories
from tests.ingest.sender_requests import basic, bearer, dumps, track

pytestmark = pytest.mark.django_db

ANN = Identifier(IdentifierKind.EMAIL, "ann@example.com")


@pytest.fixture
def feed():
    return factories.cursor(factories.connection()).feed


@pytest.fixture
def post(client, feed, monkeypatch):
    identity_lookup.clear_cache()
    key = factories.ingest_key(feed)

    def post(*events, headers=None, path="/v1/batch"):
        lookup = CredentialLookup()  # without the caches of earlier requests
        monkeypatch.setattr(django_views, "lookup", lookup)
        body = {"batch": list(events)} if path == "/v1/batch" else events[0]
        answer = client.post(
            path,
            dumps(body),
            content_type="application/json",
            headers=headers or basic(key),
        )
        flush(lookup.suppressed)
        return answer

    return post


def suppressed(feed, *identifiers, user_id=""):
    suppress(
        SuppressionScope(feed.workspace),
        user_id=user_id,
        identifiers=identifiers,
        origin=SuppressedPerson.Origin.PAGE,
    )


def outcomes_of(answer):
    return [one["outcome"] for one in answer.json()["results"]]


def test_an_event_of_a_suppressed_person_is_counted_and_not_stored(feed, post):
    suppressed(feed, user_id="user-1")

    answer = post(track("m1", userId="user-1"), track("m2", userId="user-2"))

    assert answer.status_code == 200
    assert answer.json()["suppressed"] == 1
    assert answer.json()["results"][0] == {"outcome": "suppressed", "messageId": "m1"}
    assert outcomes_of(answer) == ["suppressed", "accepted"]
    assert [e.message_id for e in Event.objects.all()] == ["m2"]
    found = ledger.of(Feed.objects.get(pk=feed.pk))
    assert (found.suppressed, found.received) == (1, 1)


def test_a_single_call_for_a_suppressed_person_succeeds(feed, post):
    suppressed(feed, user_id="user-1")

    answer = post({"userId": "user-1", "event": "Email Opened"}, path="/v1/track")

    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"person": {"email": "Ann@example.com"}},
        {"context": {"traits": {"email": "ann@example.com"}}},
        {"context": {"externalIds": [{"id": "ann@example.com", "type": "email",
                                      "collection": "users"}]}},
        {"type": "identify", "traits": {"email": "ann@example.com"}},
    ],
)  # fmt: skip
def test_an_event_is_suppressed_by_each_place_of_an_identifier(feed, post, fields):
    suppressed(feed, ANN)

    answer = post(track("m1", userId="user-7", **fields))

    assert outcomes_of(answer) == ["suppressed"]


def test_an_event_whose_user_id_is_found_is_suppressed(feed, post):
    learn(
        feed.pk,
        [IdentityFact("user-1", [ANN], factories.NOW, Origin(OriginKind.INBOUND))],
    )
    resolve(feed)
    suppressed(feed, user_id="user-1")
    later = Identifier(IdentifierKind.TOOL_ID, "7")
    learn(
        feed.pk,
        [IdentityFact("user-1", [later], factories.NOW, Origin(OriginKind.INBOUND))],
    )

    answer = post(opened("m1", {"email": "ann@example.com"}), opened("m2", {"id": 7}))

    assert outcomes_of(answer) == ["suppressed", "suppressed"]


@pytest.mark.parametrize("unresolved", ["set_aside", "anonymous", "reject"])
def test_an_event_without_a_known_user_id_is_suppressed_too(feed, post, unresolved):
    resolve(feed, unresolved)
    suppressed(feed, ANN)

    answer = post(opened("m1", {"email": "ann@example.com"}))

    assert outcomes_of(answer) == ["suppressed"]
    assert not QuarantinedEvent.objects.exists()


def resolve(feed, unresolved="set_aside"):
    choose_identity(
        stream=feed.stream,
        identify_by=("tool_id", "email"),
        unresolved=unresolved,
        check_user_ids=False,
        actor=None,
    )


def opened(message_id, person):
    return {
        "type": "track",
        "event": "Email Opened",
        "messageId": message_id,
        "person": person,
    }


def test_an_event_that_is_invalid_is_rejected_as_before(feed, post):
    suppressed(feed, user_id="user-1")

    answer = post(track("m1", userId="user-1", event=""))

    assert outcomes_of(answer) == ["rejected"]


def test_people_are_suppressed_in_one_workspace_of_a_token(feed, post):
    other = factories.feed(stream=feed.stream)
    _row, token = factories.token(feed.stream)
    suppressed(feed, user_id="user-1")

    answer = post(
        track("m1", userId="user-1", workspace=feed.workspace.external_id),
        track("m2", userId="user-1", workspace=other.workspace.external_id),
        headers=bearer(token),
    )

    assert outcomes_of(answer)[0] == "suppressed"
    assert outcomes_of(answer)[1] in ("accepted", "held")
    first = answer.json()["results"][0]
    assert first["workspace"] == feed.workspace.external_id


def test_events_are_stored_again_after_the_suppression(feed, post):
    suppressed(feed, user_id="user-1")
    unsuppress(SuppressionScope(feed.workspace), user_id="user-1")

    assert outcomes_of(post(track("m1", userId="user-1"))) == ["accepted"]


def test_a_feed_without_suppressed_people_needs_no_query_for_them(
    feed, post, django_assert_num_queries
):
    post(track("m1"))
    lookup = django_views.lookup

    with django_assert_num_queries(0):
        access = lookup.access(next(iter(lookup.credentials._used)))
        assert lookup.suppressed_people(access.feed) is None


def test_the_set_is_loaded_once_and_again_after_a_change(
    feed, post, django_assert_num_queries
):
    suppressed(feed, user_id="user-1")
    post(track("m1"))
    lookup = django_views.lookup
    [credential] = lookup.credentials._used

    with django_assert_num_queries(0):
        lookup.suppressed_people(lookup.access(credential).feed)
    suppressed(feed, user_id="user-2")

    assert outcomes_of(post(track("m2", userId="user-2"))) == ["suppressed"]


def test_counts_that_cannot_be_stored_are_kept_in_a_bounded_counter():
    counter = SuppressedCounter()
    counter.add({1: 2, 2: 1})
    counter.add({1: 1})

    assert dict(counter.take()) == {1: 3, 2: 1}
    assert not counter.take()
