"""Adding events to a plan from the Spec, and from recent events."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.catalog.plans.authoring.inference import ENOUGH
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.services import drafted_plan, replace_draft
from streams.catalog.validation.portal_test_event import TEST_EVENT
from tests import factories


@pytest.fixture
def at(cast):
    """Return a function that makes addresses of pages about the stream's plan."""

    def address(name: str) -> str:
        args = (cast.partner.slug, cast.stream.slug)
        return reverse(f"portal:partner-stream-plan-{name}", args=args)

    return address


def shown(response) -> list[str]:
    return [
        event.name
        for section in response.context["sections"]
        for event, _ in section.events
    ]


def test_the_whole_spec_can_be_selected_and_popular_events_come_first(as_dev, at):
    page = as_dev.get(at("spec"))

    assert len(shown(page)) == 87
    assert [section.title for section in page.context["sections"]][:3] == ["Email", "Live chat", "A/B testing"]  # fmt: skip


def test_the_spec_can_be_searched_by_name_property_and_category(as_dev, at):
    assert shown(as_dev.get(at("spec"), {"q": "unsub"})) == ["Unsubscribed"]
    assert "Order Completed" in shown(as_dev.get(at("spec"), {"q": "CHECKOUT_ID"}))
    assert len(shown(as_dev.get(at("spec"), {"category": "email"}))) == 6
    assert "No Spec events match" in as_dev.get(at("spec"), {"q": "zebra"}).text


def test_selected_events_are_added_and_shown_as_planned(as_dev, cast, at):
    mine = PlannedEvent(name="Email Opened", when="Mine.")
    replace_draft(
        stream=cast.stream, plan=TrackingPlan(events=(mine,)), what="", actor=None
    )

    as_dev.post(at("spec"), {"events": ["Unsubscribed", "Email Opened"]})

    first, second = drafted_plan(cast.stream).events
    assert first == mine
    assert (second.name, second.properties[0].type) == ("Unsubscribed", "string")
    planned = dict(as_dev.get(at("spec")).context["sections"][0].events)
    assert {event.name for event, is_planned in planned.items() if is_planned} == {"Email Opened", "Unsubscribed"}  # fmt: skip


@pytest.mark.parametrize("events", [[], ["No Such Event"]])
def test_an_event_outside_the_spec_is_not_added(as_dev, cast, at, events):
    page = as_dev.post(at("spec"), {"events": events})

    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert drafted_plan(cast.stream) == TrackingPlan()


def learned(client, at, **posted):
    page = client.get(at("learn"))
    return client.post(
        at("learn"), {"learned": page.context["learned"], **posted}, follow=True
    )


def test_events_of_the_last_day_are_shown_and_added(as_dev, cast, at):
    factories.append(cast.feed, now=now() - timedelta(days=2), event="Long Ago")
    factories.append(
        cast.feed,
        ENOUGH,
        now=now(),
        properties={"id": "secret-1", "email": "ada@postbox.example"},
    )
    factories.append(cast.feed, now=now(), event=TEST_EVENT)
    page = as_dev.get(at("learn"))
    [offer] = page.context["offers"]
    assert (offer.title, offer.learned.count, offer.is_checked) == (
        "Email Opened",
        ENOUGH,
        True,
    )
    assert "ada@postbox.example" not in page.text

    learned(as_dev, at, events=[offer.key])

    assert drafted_plan(cast.stream).events == (
        PlannedEvent(
            name="Email Opened",
            properties=(
                PlannedProperty(path="id", required=True),
                PlannedProperty(path="email", required=True, sensitive=True),
            ),
        ),
    )
    assert not as_dev.get(at("learn")).context["adds"]


def test_shown_events_are_added_whatever_arrived_since(as_dev, cast, at):
    factories.append(cast.feed, now=now(), properties={"id": "a"})
    page = as_dev.get(at("learn"))
    factories.append(cast.feed, now=now(), properties={"id": "a", "more": 1})

    keys = [offer.key for offer in page.context["offers"]]
    as_dev.post(at("learn"), {"learned": page.context["learned"], "events": keys})

    [event] = drafted_plan(cast.stream).events
    assert [one.path for one in event.properties] == ["id"]


def test_a_planned_event_gets_its_missing_properties(as_dev, cast, at):
    mine = PlannedEvent(name="Email Opened", when="Mine.", properties=(PlannedProperty(path="id", type="any"),))  # fmt: skip
    replace_draft(
        stream=cast.stream, plan=TrackingPlan(events=(mine,)), what="", actor=None
    )
    factories.append(cast.feed, now=now(), properties={"id": "a", "more": 1})
    [offer] = as_dev.get(at("learn")).context["offers"]
    assert offer.new == {"more"}

    learned(as_dev, at, events=[offer.key])

    [event] = drafted_plan(cast.stream).events
    assert event.when == "Mine."
    assert [(one.path, one.type) for one in event.properties] == [("id", "any"), ("more", "integer")]  # fmt: skip


def test_only_the_event_that_an_issue_is_about_is_selected_and_comes_first(
    as_dev, cast, at
):
    factories.append(cast.feed, 3, now=now(), event="Campaign Paused")
    factories.append(cast.feed, now=now(), event="Newsletter Shared")

    page = as_dev.get(at("learn"), {"event": "Newsletter Shared"})

    ticked = re.compile(r'name="events" value="([^"]*)" checked')
    assert ticked.findall(page.text) == [page.context["offers"][0].key]
    assert page.context["offers"][0].title == "Newsletter Shared"
    absent = as_dev.get(at("learn"), {"event": "Long Ago"})
    assert "“Long Ago” isn't in this list." in absent.text
    assert ticked.findall(absent.text) == []
    assert len(ticked.findall(as_dev.get(at("learn")).text)) == 2


def test_misnamed_events_are_not_selected_by_default(as_dev, cast, at):
    factories.append(cast.feed, now=now(), event="Clicked button 42")
    factories.append(cast.feed, now=now(), event="Purchase")

    page = as_dev.get(at("learn"))

    assert not any(offer.is_checked for offer in page.context["offers"])
    assert "The Spec calls this event “Order Completed”." in page.text


def test_events_that_were_not_selected_or_belong_to_another_stream_are_not_added(
    as_dev, cast, at
):
    factories.append(cast.feed, now=now())
    assert "Select at least one event." in learned(as_dev, at).text
    other = factories.stream(cast.partner)
    args = (cast.partner.slug, other.slug)
    page = as_dev.get(at("learn"))

    answer = as_dev.post(
        reverse("portal:partner-stream-plan-learn", args=args),
        {"learned": page.context["learned"], "events": [page.context["offers"][0].key]},
    )

    assert answer.status_code == 400
    assert "Nothing was changed." in answer.text
    assert drafted_plan(other) == drafted_plan(cast.stream) == TrackingPlan()


def test_without_recent_events_the_page_says_how_to_continue(as_dev, at):
    assert "No events in the last 24 hours" in as_dev.get(at("learn")).text
