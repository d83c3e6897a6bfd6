from __future__ import annotations

import pytest

from streams.catalog.plans.from_spec import expected, planned_event
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.sensitive import is_likely_sensitive
from streams.catalog.plans.spec_review import objections
from streams.catalog.plans.suggestions import advice
from streams.catalog.plans.validation import plan_errors
from streams.spec.data import EVENTS
from streams.spec.exceptions import SAFE


def test_all_of_the_spec_makes_a_plan_that_the_spec_has_nothing_against():
    plan = TrackingPlan(events=tuple(map(planned_event, EVENTS.values())))

    assert len(plan.events) == 87
    assert plan_errors(plan) == []
    assert [one.issue for one in objections(plan, SAFE)] == []


def test_a_wrong_name_is_told_with_the_right_one_and_what_the_spec_has_for_it():
    event = PlannedEvent(
        name="Email Unsubscribed", properties=(PlannedProperty(path="campaign_id"),)
    )

    told = advice(event, SAFE)

    assert (told.right, told.is_grave) == ("Unsubscribed", True)
    assert {"list_id", "list_name", "context.traits.email"} <= set(told.more)
    assert "campaign_id" not in told.more


def test_what_is_planned_in_parts_or_by_its_other_spelling_is_there():
    context = [PlannedProperty(path="traits.email"), PlannedProperty(path="userAgent")]
    event = PlannedEvent(name="email_opened", context=tuple(context))

    told = advice(event, SAFE)

    (objection,) = told.objections
    there = {one.path: one.planned for one in objection.expected}
    assert there["context.traits.email"]
    assert there["context.userAgent"]
    assert there == {one: one not in told.more for one in there}
    assert "context.traits" not in told.more


def test_an_event_that_the_spec_does_not_know_gets_no_advice():
    told = advice(PlannedEvent(name="Survey Answered"), SAFE)

    assert (told.right, told.more, told.objections) == ("", [], ())


def test_what_cannot_be_a_plan_yet_is_judged_by_its_name():
    event = PlannedEvent(name="Purchase", properties=(PlannedProperty(path=""),))

    assert advice(event, SAFE).right == "Order Completed"


def test_nothing_is_expected_of_what_is_no_track_event():
    assert expected(PlannedEvent(call="page"), "Email Opened").properties == ()


@pytest.mark.parametrize(
    "path", ["email", "traits.email", "firstName", "user_name", "customer.name", "ip", "zipCode",
             "contacts.$.phone", "homeAddress", "password", "dateOfBirth"]
)  # fmt: skip
def test_what_tells_who_somebody_is_is_taken_as_sensitive(path):
    assert is_likely_sensitive("track", path)


@pytest.mark.parametrize(
    "path", ["campaign_name", "email_id", "email_subject", "products.$.name", "name",
             "description", "shipping", "$"]
)  # fmt: skip
def test_what_tells_of_things_is_not(path):
    assert not is_likely_sensitive("track", path)
