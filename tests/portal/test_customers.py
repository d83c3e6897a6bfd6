"""A partner's list of customers: its order, filters, and the status of each."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.catalog.stage import Stage
from streams.catalog.validation.rules import RULES
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.observability.feed_state.query import in_states
from streams.observability.feed_state.states import FeedState
from streams.tenancy.models import Workspace
from tests import factories


def listed(client, cast, **query):
    return client.get(reverse("portal:partner", args=[cast.partner.slug]), query)


def names(page) -> list[str]:
    return [row.workspace.name for row in page.context["rows"]]


def customer(
    cast, name: str, *, stream=None, events: int = 0, connected: bool = True, **fields
):
    """Create a customer of the stream whose verified connection has sent everything."""
    workspace = factories.workspace(cast.partner, name=name, external_id=name.lower())
    feed = factories.feed(stream or cast.stream, workspace)
    if connected:
        settings = {"known": True, "seen_at": factories.NOW, **fields}
        factories.cursor(factories.connection(feed, **settings))
    if events:
        factories.append(feed, events, now=now() - timedelta(hours=1))
    return feed


@pytest.fixture
def customers(cast):
    """Four customers, of which one is in trouble; the first has the longest queue."""
    cast.feed.delete()
    Workspace.objects.filter(partner=cast.partner).delete()
    customer(cast, "Birch", events=5, connected=False)
    broken = customer(cast, "Cedar", events=2, status="attention")
    done = customer(cast, "Alder", events=9)
    Cursor.objects.filter(feed=done).update(position=9, due_at=None)
    customer(cast, "Dogwood")
    return broken


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Cedar", "Birch", "Alder", "Dogwood"]),
        ({"sort": "queue"}, ["Birch", "Cedar", "Alder", "Dogwood"]),
        ({"sort": "volume"}, ["Alder", "Birch", "Cedar", "Dogwood"]),
        ({"sort": "name"}, ["Alder", "Birch", "Cedar", "Dogwood"]),
        ({"sort": "last"}, ["Alder", "Cedar", "Birch", "Dogwood"]),
        ({"sort": "nonsense", "page": "7"}, ["Cedar", "Birch", "Alder", "Dogwood"]),
        ({"status": "trouble"}, ["Cedar"]),
        ({"status": "working", "sort": "name"}, ["Alder", "Dogwood"]),
        ({"status": "paused"}, []),
        ({"q": "DOG"}, ["Dogwood"]),
        ({"q": "%"}, []),
    ],
)
def test_customers_are_sorted_and_filtered(as_sam, cast, customers, query, expected):
    page = listed(as_sam, cast, **query)

    assert names(page) == expected


def test_customers_are_sorted_and_filtered_by_issues(as_sam, cast):
    cast.feed.delete()
    few, many = customer(cast, "Few"), customer(cast, "Many")
    customer(cast, "Alder")
    moment = now()
    factories.found(few, events=5, at=moment - timedelta(days=2))
    factories.found(few, events=1, at=moment)
    # Two rules report one fault of the same events, which count once.
    for rule in ("PLAN-EVENT-001", "SPEC-NAME-005"):
        issue = RULES[rule].issue("event", "No such event.", "Add it.")
        factories.found(many, issue=issue, events=2, at=moment)
    factories.found(many, "Mail Clicked", events=1, at=moment)

    page = listed(as_sam, cast, sort="issues")

    assert [(row.workspace.name, row.issues) for row in page.context["rows"][:3]] == [
        ("Many", 3), ("Few", 1), ("Alder", 0),
    ]  # fmt: skip
    assert names(listed(as_sam, cast, issues="yes", sort="name")) == ["Few", "Many"]
    issues = reverse("portal:issues", args=[many.workspace.public_id])
    name = "3 issues in Many in 24 hours"
    assert (
        f'<a href="{issues}?stream={cast.stream.slug}" aria-label="{name}">3'
        in page.text
    )


def test_each_status_says_how_many_customers_have_it(as_sam, cast, customers):
    page = listed(as_sam, cast)

    links = page.context["statuses"]
    assert [(str(link.word), link.count) for link in links] == [
        ("All", 4),
        ("In trouble", 1),
        ("Needs attention", 1),
        ("Not connected", 1),
        ("Working", 2),
    ]


def test_figures_link_to_the_events_of_that_customer(as_sam, cast, customers):
    page = listed(as_sam, cast, status="trouble")

    events = reverse("portal:events", args=[customers.workspace.public_id])
    queued = f"{events}?stream={cast.stream.slug}&amp;outcome=queued"
    name = f"2 queued events in {customers.workspace.name}"
    assert f'<a href="{queued}" aria-label="{name}">2</a>' in page.text


def test_the_list_and_the_status_of_a_connection_agree(as_sam, cast):
    connections = {
        "working": {},
        "paused": {"status": "paused"},
        "attention": {"status": "attention"},
        "unknown": {"known": False},
        "unverified": {"seen_at": None},
        "operator": {"status_reason": "The key can't be read."},
    }
    for stage in (Stage.LIVE, Stage.DRAFT, Stage.SUSPENDED):
        stream = factories.stream(cast.partner, stage=stage)
        for (kind, fields), region, failures in product(
            connections.items(), ("us", "eu", "sandbox"), (0, 2)
        ):
            name = f"{kind} {stage} {region} {failures}"
            feed = customer(cast, name, stream=stream, region=region, **fields)
            Cursor.objects.filter(feed=feed).update(failures=failures)
            if kind == "working" and region == "us":
                factories.append(feed, 2)
        customer(cast, f"gone {stage}", stream=stream, deleted_at=factories.NOW)
    Halt.objects.create(region="eu", reason="Drill")
    every = Connection.objects.filter(feed__stream__partner=cast.partner)

    words = {
        state.word: state for state in FeedState if state is not FeedState.NO_STREAM
    }
    seen = set()
    for word, state in words.items():
        shown = set()
        for page in (1, 2):
            found = listed(as_sam, cast, status=state.name.lower(), page=page)
            assert {row.status.word for row in found.context["rows"]} <= {word}
            seen |= {word} if found.context["rows"] else set()
            shown |= {
                row.connection.pk for row in found.context["rows"] if row.connection
            }
        # The admin's list of connections is filtered by another statement.
        assert set(in_states(every, [state]).values_list("pk", flat=True)) == shown
    assert seen == set(words)
    assert Connection.objects.count() == 3 * 37


def test_only_the_partners_own_customers_are_listed(client, cast):
    client.force_login(cast.rita)

    page = client.get(reverse("portal:partner", args=[cast.rival.slug]))

    assert page.context["rows"] == []


def test_the_statuses_of_the_list_are_explained_below_it(customers, as_sam, cast):
    page = listed(as_sam, cast)

    assert [str(word) for word, _ in page.context["meanings"]] == [
        "Needs attention",
        "Not connected",
    ]
    assert "The customer hasn&#x27;t connected Segment yet." in page.text


def test_test_workspaces_are_marked_in_the_list(customers, as_sam, cast):
    Workspace.objects.filter(partner=cast.partner, name="Alder").update(is_test=True)

    page = listed(as_sam, cast, q="Alder")

    assert '<span class="badge">Test</span>' in page.text
    assert '<span class="badge">Test</span>' not in listed(as_sam, cast, q="Birch").text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("", ["Cedar", "Birch", "Alder", "Dogwood"]),
        ("test", ["Birch", "Dogwood"]),
        ("customers", ["Cedar", "Alder"]),
        ("nonsense", ["Cedar", "Birch", "Alder", "Dogwood"]),
    ],
)
def test_test_workspaces_are_filtered(as_sam, cast, customers, kind, expected):
    Workspace.objects.filter(name__in=("Birch", "Dogwood")).update(is_test=True)

    page = listed(as_sam, cast, kind=kind)

    assert names(page) == expected
    assert page.context["statuses"][0].count == len(expected)
