"""Ingest counts issues, whatever the status of their event."""

from __future__ import annotations

import pytest

from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.observability.issues.flusher import flush
from streams.observability.issues.models import IssueKind
from streams.tenancy.models import Workspace
from tests import factories
from tests.ingest.sender_requests import basic, bearer, dumps, track

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
    """Return rule, name, feed and count in the database after one request."""
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
def test_an_issue_counts_whatever_the_status_of_its_event(client, lookup, feed, mode):
    batch = [track(f"m{n}", event=UNPLANNED) for n in (1, 2, 3)] + [track("m4")]

    found = counted(client, lookup, feed, mode, {"batch": batch})

    assert found == [("PLAN-EVENT-001", UNPLANNED, feed.pk, 3)]
    sample = feed.issue_kinds.get().sample
    assert f'"event":"{UNPLANNED}"' in sample
    assert '"userId":"text, 2 characters"' in sample


def test_if_events_are_not_checked_nothing_is_counted(client, lookup, feed):
    batch = {"batch": [track("m1", event=UNPLANNED)]}

    assert counted(client, lookup, feed, "off", batch) == []


def test_a_duplicate_is_not_counted_again(client, lookup, feed):
    batch = {"batch": [track("m1", event=UNPLANNED)] * 2}

    found = counted(client, lookup, feed, "warn", batch)

    assert found == [("PLAN-EVENT-001", UNPLANNED, feed.pk, 1)]


def test_issues_that_apply_in_every_mode_count_if_the_workspace_is_known(
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
