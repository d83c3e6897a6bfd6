"""The consent of a person passes through, and what Segment would drop is rejected."""

from __future__ import annotations

import json

import pytest

from streams.events.models import Event
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from tests import factories
from tests.ingest.sender_requests import basic, dumps, track

pytestmark = pytest.mark.django_db

CONSENT = {"categoryPreferences": {"Advertising": False, "Analytics": True}}
WRONG = {"categoryPreferences": {"Advertising": "no"}}
EMPTY = {"categoryPreferences": {}}


@pytest.fixture
def feed(monkeypatch):
    monkeypatch.setattr(django_views, "lookup", CredentialLookup())
    return factories.cursor(factories.connection()).feed


def post(client, feed, batch, *, mode="off", **fields):
    feed.stream.check_mode = mode
    feed.stream.save()
    response = client.post(
        "/v1/batch",
        dumps({"batch": batch, **fields}),
        content_type="application/json",
        headers=basic(factories.ingest_key(feed)),
    )
    return [(one["outcome"], one.get("rule", "")) for one in response.json()["results"]]


def test_consent_passes_through_from_the_event_or_the_batch(client, feed):
    own = track("m1", context={"consent": CONSENT})

    post(client, feed, [own, track("m2")], context={"consent": {}})

    stored = [json.loads(bytes(row.payload)) for row in Event.objects.order_by("seq")]
    assert [one["context"]["consent"] for one in stored] == [CONSENT, {}]


@pytest.mark.parametrize("mode", ["off", "reject"])
def test_only_the_event_with_consent_of_a_wrong_type_is_rejected_in_every_mode(
    client, feed, mode
):
    batch = [track("m1", context={"consent": WRONG}), track("m2")]

    found = post(client, feed, batch, mode=mode)

    assert found == [("rejected", "SPEC-CONSENT-001"), ("accepted", "")]


def test_consent_of_a_wrong_type_in_the_batch_affects_all_events_without_their_own(
    client, feed
):
    batch = [track("m1"), track("m2", context={"consent": CONSENT})]

    found = post(client, feed, batch, context={"consent": WRONG})

    assert found == [("rejected", "SPEC-CONSENT-001"), ("accepted", "")]


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [("off", "accepted"), ("warn", "warned"), ("reject", "rejected")],
)
def test_the_mode_decides_about_consent_without_a_category(client, feed, mode, outcome):
    batch = [track("m1", context={"consent": EMPTY})]

    [(found, _rule)] = post(client, feed, batch, mode=mode)

    assert found == outcome
