"""Events for a plan from the Spec, and from what came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.catalog.plans.authoring.inference import ENOUGH
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.services import drafted_plan, replace_draft
from streams.delivery.connection.verification import TEST_EVENT
from tests import factories


@pytest.fixture
def at(cast):
    """The address of a page about the stream's plan."""

    def address(name: str) -> str:
        args = (cast.partner.slug, cast.stream.slug)
        return reverse(f"portal:partner-stream-plan-{name}", args=args)

    return address


def shown(response) -> list[str]:
    return [
        event.name for shelf in response.context["shelves"] for event, _ in shelf.events
    ]


def test_all_of_the_spec_is_there_to_pick_and_what_partners_send_stands_first(
    as_dev, at
):
    page = as_dev.get(at("spec"))

    assert len(shown(page)) == 87
    assert [shelf.title for shelf in page.context["shelves"]][:3] == ["Email", "Live chat", "A/B testing"]  # fmt: skip


def test_the_spec_is_searched_by_name_and_property_and_by_category(as_dev, at):
    assert shown(as_dev.get(at("spec"), {"q": "unsub"})) == ["Unsubscribed"]
    assert "Order Completed" in shown(as_dev.get(at("spec"), {"q": "CHECKOUT_ID"}))
    assert len(shown(as_dev.get(at("spec"), {"category": "email"}))) == 6
    assert "No Spec events match" in as_dev.get(at("spec"), {"q": "zebra"}).text


def test_what_is_checked_is_added_and_shown_as_planned(as_dev, cast, at):
    mine = PlannedEvent(name="Email Opened", when="Mine.")
    replace_draft(
        stream=cast.stream, plan=TrackingPlan(events=(mine,)), what="", actor=None
    )

    as_dev.post(at("spec"), {"events": ["Unsubscribed", "Email Opened"]})

    first, second = drafted_plan(cast.stream).events
    assert first == mine
    assert (second.name, second.properties[0].type) == ("Unsubscribed", "string")
    planned = dict(as_dev.get(at("spec")).context["shelves"][0].events)
    assert {event.name for event, is_planned in planned.items() if is_planned} == {"Email Opened", "Unsubscribed"}  # fmt: skip


@pytest.mark.parametrize("events", [[], ["No Such Event"]])
def test_nothing_that_is_no_event_of_the_spec_is_added(as_dev, cast, at, events):
    page = as_dev.post(at("spec"), {"events": events})

    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert drafted_plan(cast.stream) == TrackingPlan()


def learned(client, at, **posted):
    page = client.get(at("learn"))
    return client.post(
        at("learn"), {"learned": page.context["learned"], **posted}, follow=True
    )


def test_what_came_in_the_last_day_is_shown_and_added(as_dev, cast, at):
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


def test_what_is_added_is_what_was_shown_whatever_came_since(as_dev, cast, at):
    factories.append(cast.feed, now=now(), properties={"id": "a"})
    page = as_dev.get(at("learn"))
    factories.append(cast.feed, now=now(), properties={"id": "a", "more": 1})

    keys = [offer.key for offer in page.context["offers"]]
    as_dev.post(at("learn"), {"learned": page.context["learned"], "events": keys})

    [event] = drafted_plan(cast.stream).events
    assert [one.path for one in event.properties] == ["id"]


def test_a_planned_event_gets_what_it_lacks(as_dev, cast, at):
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


def test_names_that_should_be_others_are_not_checked_from_the_start(as_dev, cast, at):
    factories.append(cast.feed, now=now(), event="Clicked button 42")
    factories.append(cast.feed, now=now(), event="Purchase")

    page = as_dev.get(at("learn"))

    assert not any(offer.is_checked for offer in page.context["offers"])
    assert "The Spec calls this event “Order Completed”." in page.text


def test_nothing_is_added_that_nobody_checked_or_that_is_of_another_stream(
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
    assert drafted_plan(other) == drafted_plan(cast.stream) == TrackingPlan()


def test_where_nothing_came_one_is_told_how_to_go_on(as_dev, at):
    assert "No events in the last 24 hours" in as_dev.get(at("learn")).text
