"""Ingest counts the lookups of userIds, by the identifier that led to one."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from streams.base.clock import now
from streams.catalog.identity_settings import choose_identity
from streams.identity import lookup as identity_lookup
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.observability.user_id_lookups.counter import LookupKey
from streams.observability.user_id_lookups.models import LookupDay
from streams.observability.user_id_lookups.store import flush, forget, lookups_of
from streams.prune import prune
from tests import factories
from tests.ingest.sender_requests import basic, dumps

pytestmark = pytest.mark.django_db

TOOL_ID, EMAIL, *_OTHERS = IdentifierKind


@pytest.fixture
def lookup(monkeypatch):
    identity_lookup.clear_cache()
    lookup = CredentialLookup()
    monkeypatch.setattr(django_views, "lookup", lookup)
    return lookup


@pytest.fixture
def feed():
    """A feed whose identity map has one person, by the ID in the tool and by email."""
    feed = factories.cursor(factories.connection()).feed
    known = [Identifier(TOOL_ID, "7"), Identifier(EMAIL, "a@example.com")]
    origin = Origin(OriginKind.INBOUND, "project-1", "message-1")
    learn(feed.pk, [IdentityFact("user-1", known, factories.NOW, origin)])
    return feed


def post(client, feed, events, *, unresolved):
    choose_identity(
        stream=feed.stream,
        identify_by=("tool_id", "email"),
        unresolved=unresolved,
        check_user_ids=False,
        actor=None,
    )
    batch = [
        {"type": "track", "event": "Email Opened", "messageId": f"m{n}"} | event
        for n, event in enumerate(events)
    ]
    client.post(
        "/v1/batch",
        dumps({"batch": batch}),
        content_type="application/json",
        headers=basic(factories.ingest_key(feed)),
    )


BY_ID = {"person": {"id": "7"}}
BY_EMAIL = {"person": {"id": "8", "email": "a@example.com"}}
UNKNOWN = {"person": {"id": "9"}}
WITH_USER_ID = {"userId": "user-1"}


@pytest.mark.parametrize("unresolved", ["set_aside", "anonymous", "reject"])
def test_lookups_count_by_identifier_and_those_without_a_result_however_they_go_on(
    client, lookup, feed, unresolved
):
    events = [BY_ID, BY_ID, BY_EMAIL, UNKNOWN, WITH_USER_ID]
    post(client, feed, events, unresolved=unresolved)
    flush(lookup.user_ids)

    found = lookups_of([feed.pk], now())

    assert (dict(found.found_by), found.unresolved) == ({TOOL_ID: 2, EMAIL: 1}, 1)
    assert (found.resolved, found.by_identifier) == (3, "ID in the tool 2, Email 1")


def test_a_repeated_event_counts_once(client, lookup, feed):
    for _ in range(2):
        post(client, feed, [BY_ID], unresolved="set_aside")
    flush(lookup.user_ids)

    assert lookups_of([feed.pk], now()).resolved == 1


def test_counts_of_several_flushes_and_feeds_add_up(client, lookup, feed):
    other = factories.cursor(factories.connection()).feed
    for of_feed in (feed, other):
        for number, event in enumerate((BY_ID, UNKNOWN)):
            sent = event | {"messageId": f"message-{number}"}
            post(client, of_feed, [sent], unresolved="anonymous")
            flush(lookup.user_ids)

    of_both = lookups_of([feed.pk, other.pk], now())

    assert (of_both.resolved, of_both.unresolved) == (1, 3)
    assert lookups_of([other.pk], now()).resolved == 0


def test_counts_are_kept_for_ninety_days_and_shown_for_thirty(client, lookup, feed):
    post(client, feed, [BY_ID], unresolved="reject")
    flush(lookup.user_ids)

    assert lookups_of([feed.pk], now() + timedelta(days=29)).resolved == 1
    assert not lookups_of([feed.pk], now() + timedelta(days=31))
    assert forget(now() + timedelta(days=90)) == 0
    with time_machine.travel(now() + timedelta(days=91)):
        assert prune(now=now()).rows["streams_lookupday"] == 1


def test_counts_of_a_removed_feed_are_dropped_and_others_are_stored(lookup, feed):
    keys = [LookupKey(now().date(), pk, TOOL_ID) for pk in (feed.pk, feed.pk + 1_000)]
    lookup.user_ids.add(dict.fromkeys(keys, 1))

    flush(lookup.user_ids)

    assert [row.feed_id for row in LookupDay.objects.all()] == [feed.pk]
