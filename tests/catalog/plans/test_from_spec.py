from __future__ import annotations

import pytest

from streams.catalog.plans.from_spec import expected, planned_event
from streams.catalog.plans.personal_data import is_likely_sensitive
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.spec_review import objections
from streams.catalog.plans.suggestions import advice
from streams.catalog.plans.validation import plan_errors
from streams.spec.spec_data import EVENTS
from streams.spec.spec_exceptions import SAFE


def test_a_plan_of_the_whole_spec_has_no_issue():
    plan = TrackingPlan(events=tuple(map(planned_event, EVENTS.values())))

    assert len(plan.events) == 87
    assert plan_errors(plan) == []
    assert [one.issue for one in objections(plan, SAFE)] == []


def test_a_wrong_name_gets_the_right_name_and_its_properties_as_suggestions():
    event = PlannedEvent(
        name="Email Unsubscribed", properties=(PlannedProperty(path="campaign_id"),)
    )

    told = advice(event, SAFE)

    assert (told.right, told.is_grave) == ("Unsubscribed", True)
    assert {"list_id", "list_name", "context.traits.email"} <= set(told.more)
    assert "campaign_id" not in told.more


def test_nested_and_differently_spelled_properties_count_as_planned():
    context = [PlannedProperty(path="traits.email"), PlannedProperty(path="userAgent")]
    event = PlannedEvent(name="email_opened", context=tuple(context))

    told = advice(event, SAFE)

    (objection,) = told.objections
    there = {one.path: one.planned for one in objection.expected}
    assert there["context.traits.email"]
    assert there["context.userAgent"]
    assert there == {one: one not in told.more for one in there}
    assert "context.traits" not in told.more


def test_an_event_outside_the_spec_gets_no_suggestions():
    told = advice(PlannedEvent(name="Survey Answered"), SAFE)

    assert (told.right, told.more, told.objections) == ("", [], ())


def test_an_invalid_plan_is_still_checked_by_name():
    event = PlannedEvent(name="Purchase", properties=(PlannedProperty(path=""),))

    assert advice(event, SAFE).right == "Order Completed"


def test_only_track_events_have_expected_properties():
    assert expected(PlannedEvent(call="page"), "Email Opened").properties == ()


@pytest.mark.parametrize(
    "path", ["email", "traits.email", "firstName", "user_name", "customer.name", "ip", "zipCode",
             "contacts.$.phone", "homeAddress", "password", "dateOfBirth"]
)  # fmt: skip
def test_properties_that_identify_a_person_are_sensitive(path):
    assert is_likely_sensitive("track", path)


@pytest.mark.parametrize(
    "path", ["campaign_name", "email_id", "email_subject", "products.$.name", "name",
             "description", "shipping", "$"]
)  # fmt: skip
def test_properties_that_describe_things_are_not(path):
    assert not is_likely_sensitive("track", path)
