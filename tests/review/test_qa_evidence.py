"""The checklist's observations, read from the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import (
    PlannedEvent,
    PlannedProperty,
    TrackingPlan,
    to_json,
)
from streams.catalog.validation.portal_test_event import TEST_EVENT
from streams.catalog.validation.rules import RULES
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.review.qa import load_observations
from streams.review.qa.load_observations import RunStart, gather
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cursor():
    """A feed of a test workspace. The plan of its stream requires a campaign."""
    stream = factories.stream()
    campaign = PlannedProperty(path="campaign_id", required=True)
    plan = TrackingPlan(
        events=(PlannedEvent(name="Email Opened", properties=(campaign,)),)
    )
    PlanVersion.objects.create(
        stream=stream, number=1, content=to_json(plan), published_at=factories.NOW
    )
    feed = factories.feed(stream, factories.workspace(stream.partner, is_test=True))
    return factories.cursor(factories.connection(feed))


def test_only_events_and_requests_of_test_workspaces_count(cursor):
    stream = cursor.stream
    customer = factories.due_cursor(
        2,
        factories.connection(
            factories.feed(stream, factories.workspace(stream.partner))
        ),
    )
    factories.delivered(customer, 2)
    factories.append(cursor.feed, 3)
    sent = factories.delivered(cursor, 3)

    facts = gather(stream, RunStart())

    assert [event.seq for event in facts.events] == [1, 2, 3]
    assert {event.workspace for event in facts.events} == {
        cursor.feed.workspace.public_id
    }
    assert [
        (r.number, r.events, r.region, r.was_delivered) for r in facts.requests
    ] == [(sent.pk, 3, "sandbox", True)]
    assert not facts.is_cut


def test_each_event_is_checked_against_spec_and_plan_in_any_mode(cursor):
    cursor.stream.check_mode = "off"
    cursor.stream.save()
    factories.append(cursor.feed)
    factories.append(cursor.feed, properties={})
    factories.append(cursor.feed, userId=None, anonymousId="a-1")

    right, partly, nobodys = gather(cursor.stream, RunStart()).events

    assert (right.error, right.is_complete, right.doubt) == ("", True, "")
    assert (partly.is_complete, "PLAN-REQUIRED-001" in partly.error) == (False, True)
    assert (nobodys.user_id, nobodys.doubt) == ("", "missing")


def test_events_from_before_the_run_do_not_count(cursor):
    factories.append(cursor.feed, 3)
    factories.delivered(cursor, 3)
    factories.append(cursor.feed, 2)
    later = factories.delivered(cursor, 5)

    facts = gather(cursor.stream, RunStart({cursor.feed_id: 3}, factories.NOW))

    assert [event.seq for event in facts.events] == [4, 5]
    assert [request.number for request in facts.requests] == [later.pk]


def test_events_rejected_since_the_run_are_observed(cursor):
    no_user = RULES["SPEC-ID-001"].issue("userId", "No userId.", "Send one.")
    at = factories.NOW + timedelta(minutes=1)
    factories.found(cursor.feed, "Email Opened", no_user, at=at)
    factories.found(cursor.feed, "Mail Opened", at=factories.NOW - timedelta(minutes=1))
    factories.found(
        factories.feed(cursor.stream), "Email Bounced", no_user, at=at
    )  # a customer's

    facts = gather(cursor.stream, RunStart({}, factories.NOW))

    [refused] = facts.errors
    assert refused.text == "Email Opened: No userId. (SPEC-ID-001)"
    assert refused.is_of_user_id
    assert refused.workspace == cursor.feed.workspace.public_id


def test_the_newest_events_are_read_and_the_cut_is_reported(cursor, monkeypatch):
    monkeypatch.setattr(load_observations, "MOST", 2)
    factories.append(cursor.feed, 3)
    factories.delivered(cursor, 3)

    facts = gather(cursor.stream, RunStart())

    assert ([event.seq for event in facts.events], facts.is_cut) == ([2, 3], True)


def test_the_portals_own_test_event_is_ignored(cursor):
    factories.append(cursor.feed, event=TEST_EVENT)

    assert gather(cursor.stream, RunStart()).events == ()


def test_both_pages_are_observed(cursor):
    factories.page_version(cursor.stream, "source", number=3)

    pages = gather(cursor.stream, RunStart()).pages

    assert [(page.kind, page.version) for page in pages] == [
        ("source", 3), ("integration", None),
    ]  # fmt: skip


def test_a_user_id_that_segment_sent_counts_byte_for_byte(cursor):
    feed = cursor.feed
    for origin, user_id in ((OriginKind.INBOUND, " Ü-1"), (OriginKind.API, "user-2")):
        known = [Identifier(IdentifierKind.TOOL_ID, f"tool {user_id}")]
        learn(feed.pk, [IdentityFact(user_id, known, factories.NOW, Origin(origin))])
    for user_id in (" Ü-1", "Ü-1", "user-2"):
        factories.append(feed, 1, userId=user_id)

    facts = gather(feed.stream, RunStart())

    sent = {event.user_id: event.is_from_segment for event in facts.events}
    assert sent == {" Ü-1": True, "Ü-1": False, "user-2": False}
