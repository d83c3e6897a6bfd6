"""What the checklist is told of, from the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import EventPlan, PlannedEvent, PlannedProperty, to_json
from streams.catalog.rules import RULES
from streams.delivery.proof import TEST_EVENT
from streams.review.qa import evidence
from streams.review.qa.evidence import Since, gather
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def cursor():
    """Of a test workspace; the plan of its stream requires a campaign."""
    stream = make.stream()
    campaign = PlannedProperty(path="campaign_id", required=True)
    plan = EventPlan(
        events=(PlannedEvent(name="Email Opened", properties=(campaign,)),)
    )
    PlanVersion.objects.create(
        stream=stream, number=1, content=to_json(plan), published_at=make.NOW
    )
    feed = make.feed(stream, make.workspace(stream.partner, is_test=True))
    return make.cursor(make.connection(feed))


def test_events_and_requests_of_test_workspaces_alone_count(cursor):
    stream = cursor.stream
    customer = make.due_cursor(
        2, make.connection(make.feed(stream, make.workspace(stream.partner)))
    )
    make.delivered(customer, 2)
    make.append(cursor.feed, 3)
    sent = make.delivered(cursor, 3)

    facts = gather(stream, Since())

    assert [event.seq for event in facts.events] == [1, 2, 3]
    assert {event.workspace for event in facts.events} == {
        cursor.feed.workspace.public_id
    }
    assert [
        (r.number, r.events, r.region, r.was_delivered) for r in facts.requests
    ] == [(sent.pk, 3, "sandbox", True)]
    assert not facts.is_cut


def test_each_event_is_held_against_spec_and_plan_whatever_the_mode(cursor):
    cursor.stream.check_mode = "off"
    cursor.stream.save()
    make.append(cursor.feed)
    make.append(cursor.feed, properties={})
    make.append(cursor.feed, userId=None, anonymousId="a-1")

    right, partly, nobodys = gather(cursor.stream, Since()).events

    assert (right.error, right.is_complete, right.doubt) == ("", True, "")
    assert (partly.is_complete, "PLAN-REQUIRED-001" in partly.error) == (False, True)
    assert (nobodys.user_id, nobodys.doubt) == ("", "missing")


def test_what_came_before_the_run_does_not_count(cursor):
    make.append(cursor.feed, 3)
    make.delivered(cursor, 3)
    make.append(cursor.feed, 2)
    later = make.delivered(cursor, 5)

    facts = gather(cursor.stream, Since({cursor.feed_id: 3}, make.NOW))

    assert [event.seq for event in facts.events] == [4, 5]
    assert [request.number for request in facts.requests] == [later.pk]


def test_what_the_ingest_refused_since_the_run_is_told_of(cursor):
    no_user = RULES["SPEC-ID-001"].finding("userId", "No userId.", "Send one.")
    at = make.NOW + timedelta(minutes=1)
    make.found(cursor.feed, "Email Opened", no_user, at=at)
    make.found(cursor.feed, "Mail Opened", at=make.NOW - timedelta(minutes=1))
    make.found(
        make.feed(cursor.stream), "Email Bounced", no_user, at=at
    )  # a customer's

    facts = gather(cursor.stream, Since({}, make.NOW))

    [refused] = facts.errors
    assert refused.told == "Email Opened: No userId. (SPEC-ID-001)"
    assert refused.is_of_user_id
    assert refused.workspace == cursor.feed.workspace.public_id


def test_the_newest_are_read_and_the_rest_is_said_to_be_cut(cursor, monkeypatch):
    monkeypatch.setattr(evidence, "MOST", 2)
    make.append(cursor.feed, 3)
    make.delivered(cursor, 3)

    facts = gather(cursor.stream, Since())

    assert ([event.seq for event in facts.events], facts.is_cut) == ([2, 3], True)


def test_the_portals_own_test_of_a_connection_is_left_out(cursor):
    make.append(cursor.feed, event=TEST_EVENT)

    assert gather(cursor.stream, Since()).events == ()


def test_both_pages_are_told_of(cursor):
    make.page_version(cursor.stream, "source", number=3)

    pages = gather(cursor.stream, Since()).pages

    assert [(page.kind, page.version) for page in pages] == [
        ("source", 3), ("integration", None),
    ]  # fmt: skip
