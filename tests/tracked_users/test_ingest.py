"""Which events count people: those that are sent to Segment, once they are."""

from __future__ import annotations

import json

import pytest

from streams.base.clock import now
from streams.catalog.identity_settings import choose_identity
from streams.delivery.waiting import release
from streams.identity import lookup as identity_lookup
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.ingest import django_inbound, django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.ingest.inbound.access import InboundAccesses
from streams.tracked_users.counter import month_of
from streams.tracked_users.figures import MonthPeople, months_of
from streams.tracked_users.store import TrackedUserFlusher
from tests import factories
from tests.ingest.sender_requests import basic, dumps

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed():
    stream = factories.stream(allow_anonymous=True)
    return factories.cursor(factories.connection(factories.feed(stream))).feed


@pytest.fixture(autouse=True)
def lookup(monkeypatch):
    identity_lookup.clear_cache()
    lookup = CredentialLookup()
    monkeypatch.setattr(django_views, "lookup", lookup)
    monkeypatch.setattr(django_inbound, "lookup", lookup)
    monkeypatch.setattr(django_inbound, "accesses", InboundAccesses())
    return lookup


@pytest.fixture
def post(client, feed):
    key = factories.ingest_key(feed)

    def post(*events):
        batch = [{"type": "track", "event": "Email Opened"} | event for event in events]
        sent = dumps({"batch": batch})
        return client.post(
            "/v1/batch", sent, content_type="application/json", headers=basic(key)
        )

    return post


@pytest.fixture
def people(lookup, feed):
    def people() -> MonthPeople:
        TrackedUserFlusher(lookup.tracked_users).flush()
        month = month_of(now())
        return months_of([feed.pk], [month]).of_all(month)

    return people


def identify_by_tool_id(feed, unresolved):
    choose_identity(
        stream=feed.stream,
        identify_by=("tool_id",),
        unresolved=unresolved,
        check_user_ids=False,
        actor=None,
    )


def test_accepted_events_count_and_a_repeated_or_refused_one_does_not(post, people):
    one = {"userId": "u1", "messageId": "m1"}
    post(one, one, {"userId": "u2", "anonymousId": "a1"}, {"anonymousId": "a2"})
    post(one | {"userId": "u3"}, {"event": "no ID"})

    assert people().size.people == 3  # u1, u2 and a2


def test_an_event_of_an_unknown_person_counts_with_its_anonymous_id(post, people, feed):
    identify_by_tool_id(feed, "anonymous")
    for _ in range(2):
        post({"person": {"id": "7"}}, {"person": {"id": "8"}})

    assert people().size.people == 2


def test_an_event_in_quarantine_counts_once_it_is_released(post, people, feed):
    identify_by_tool_id(feed, "set_aside")
    post({"person": {"id": "7"}}, {"person": {"id": "7"}}, {"userId": "u1"})
    assert people().size.people == 1

    known = [Identifier(IdentifierKind.TOOL_ID, "7")]
    learn(feed.pk, [IdentityFact("u7", known, now(), Origin(OriginKind.API))])
    release.work(lambda: False)

    assert people().size.people == 2


def test_events_of_other_tools_say_whom_only_this_tool_knows(
    client, post, people, feed
):
    address, secret = factories.inbound_address(feed)
    assert people().only_here is None
    post({"userId": "u1"}, {"userId": "u2"}, {"anonymousId": "a1"})
    own = {"context": {"integration": {"name": feed.stream.slug}}}
    calls = [
        {"userId": "u1", "anonymousId": "a1"},  # so Segment counts a1 as u1
        {"userId": "u2"} | own,
        {"userId": "u9"},
    ]
    client.post(
        f"/v1/inbound/{address.public_id}",
        json.dumps([{"type": "track", "projectId": "p"} | one for one in calls]),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret.text}"},
    )

    found = people()

    assert found.size.people == 2
    assert found.only_here.people == 1  # u2
