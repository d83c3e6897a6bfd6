"""What the ingest found is counted, by what became of the event."""

from __future__ import annotations

import pytest

from streams.ingest import django_views
from streams.ingest.lookup import CredentialLookup
from streams.observability.issues.flusher import flush
from streams.observability.issues.models import IssueKind
from streams.tenancy.models import Workspace
from tests import factories
from tests.ingest.sending import basic, bearer, dumps, track

pytestmark = pytest.mark.django_db

UNPLANNED = "Email Forwarded"


@pytest.fixture
def lookup(monkeypatch):
    lookup = CredentialLookup()
    monkeypatch.setattr(django_views, "lookup", lookup)
    return lookup


@pytest.fixture
def feed(lookup):
    feed = factories.cursor(factories.connection()).feed
    factories.published_plan(feed.stream, "Email Opened")
    return feed


def counted(client, lookup, feed, mode, body, headers=None):
    """What stands in the database after one request: rule, name, feed and count."""
    feed.stream.check_mode = mode
    feed.stream.save()
    headers = headers or basic(factories.ingest_key(feed))
    client.post(
        "/v1/batch", dumps(body), content_type="application/json", headers=headers
    )
    flush(lookup.issues)
    kinds = (
        IssueKind.objects.filter(stream=None).order_by("pk").prefetch_related("hours")
    )
    return [
        (k.rule, k.name, k.feed_id, sum(h.count for h in k.hours.all())) for k in kinds
    ]


@pytest.mark.parametrize("mode", ["warn", "quarantine", "reject"])
def test_an_issue_counts_whatever_becomes_of_the_event(client, lookup, feed, mode):
    batch = [track(f"m{n}", event=UNPLANNED) for n in (1, 2, 3)] + [track("m4")]

    found = counted(client, lookup, feed, mode, {"batch": batch})

    assert found == [("PLAN-EVENT-001", UNPLANNED, feed.pk, 3)]
    sample = feed.issue_kinds.get().sample
    assert f'"event":"{UNPLANNED}"' in sample
    assert '"userId":"text, 2 characters"' in sample


def test_where_events_are_not_looked_at_nothing_is_counted(client, lookup, feed):
    batch = {"batch": [track("m1", event=UNPLANNED)]}

    assert counted(client, lookup, feed, "off", batch) == []


def test_a_duplicate_does_not_count_again(client, lookup, feed):
    batch = {"batch": [track("m1", event=UNPLANNED)] * 2}

    found = counted(client, lookup, feed, "warn", batch)

    assert found == [("PLAN-EVENT-001", UNPLANNED, feed.pk, 1)]


def test_what_is_taken_in_no_mode_counts_where_it_is_known_whose_it_is(
    client, lookup, feed
):
    nobodys = {"type": "track", "event": "Email Opened", "writeKey": "no"}
    here = {"workspace": feed.workspace.external_id}
    elsewhere = {"workspace": "unheard of"}
    _, token = factories.token(feed.stream)
    batch = [nobodys | here, nobodys | elsewhere, b"?"[0]]

    found = counted(client, lookup, feed, "off", {"batch": batch}, bearer(token))

    assert found == [("SPEC-ID-001", "Email Opened", feed.pk, 1)]
    assert not Workspace.objects.filter(external_id="unheard of").exists()
