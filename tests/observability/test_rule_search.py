from __future__ import annotations

import pytest

from streams.events.search.event_filter import EventFilter
from streams.events.search.scan import page
from streams.observability.issues.rule_search import breaking
from tests import factories

pytestmark = pytest.mark.django_db

UNPLANNED = "PLAN-EVENT-001"


@pytest.fixture
def feed():
    feed = factories.feed()
    factories.published_plan(feed.stream, "Email Opened")
    for name in ("Email Opened", "Mail Opened", "Mail Bounced"):
        factories.append(feed, 1, event=name)
    return feed


def found(feed, rule):
    events = page(
        feed, filters=EventFilter(rule=breaking(feed, rule)), budget_s=60
    ).events
    return [event.seq for event in events]


def test_the_events_that_break_a_rule_are_found(feed):
    assert found(feed, UNPLANNED) == [3, 2]


def test_only_names_with_the_issue_are_validated(feed):
    factories.found(feed, "Mail Opened")

    assert found(feed, UNPLANNED) == [2]


def test_an_event_that_the_plan_allows_now_is_not_found(feed):
    factories.found(feed, "Mail Opened")
    factories.published_plan(feed.stream, "Mail Opened", number=2)

    assert found(feed, UNPLANNED) == []
