from __future__ import annotations

import pytest

from streams.catalog.plans.authoring.templates import ABOUT, FILES, template, templates
from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.plans.personal_data import is_likely_sensitive
from streams.catalog.plans.samples import sample
from streams.catalog.plans.spec_review import objections
from streams.catalog.plans.validation import plan_errors
from streams.spec.names.collisions import right_name
from streams.spec.spec_data import EVENTS
from streams.spec.spec_exceptions import SAFE

# The events that two or more catalog sources of each kind send, or the only one that follows the
# Spec, with the names as they send them.
OFTEN_SENT = {
    "email": [
        "Email Delivered", "Email Bounced", "Email Opened", "Email Link Clicked",
        "Email Marked As Spam", "Email Unsubscribed",
    ],
    "sms-push": [
        "SMS Sent", "SMS Delivered", "SMS Failed", "SMS Clicked", "SMS Received",
        "Push Notification Tapped", "Push Notification Bounced", "In-App Message Clicked",
        "In-App Message Viewed", "Application Uninstalled",
    ],
    "live-chat": [
        "Live Chat Conversation Started", "Live Chat Conversation Ended",
        "Live Chat Message Sent", "Live Chat Message Received",
    ],
    "ecommerce": [
        "Products Searched", "Product List Viewed", "Product Viewed", "Product Added",
        "Product Removed", "Cart Viewed", "Checkout Started", "Checkout Step Completed",
        "Order Completed", "Order Updated", "Order Cancelled", "Order Refunded",
    ],
    "b2b-saas": ["Account Created", "User Registered", "User Logged In", "User Logout"],
    "surveys": ["Survey Shown", "Survey Question Answered", "Survey Completed"],
    "ab-testing": ["Experiment Viewed", "Feature Flag Evaluated", "Feature Flag Changed"],
    "video": [name for name, event in EVENTS.items() if event.category == "video"],
}  # fmt: skip


def test_there_is_a_template_for_each_file():
    assert sorted(ABOUT) == sorted(path.stem for path in FILES.glob("*.yaml"))
    assert [one.id for one in templates()] == list(ABOUT)
    with pytest.raises(KeyError):
        template("../models")


@pytest.mark.parametrize("template_id", ABOUT)
class TestEach:
    def test_has_a_plan_without_issues(self, template_id):
        plan = template(template_id).plan

        assert plan_errors(plan) == []
        assert [str(one.issue) for one in objections(plan, SAFE)] == []

    def test_has_triggers_and_descriptions(self, template_id):
        for event in template(template_id).plan.events:
            assert event.when.endswith("."), event.name
            for planned in (*event.properties, *event.context):
                assert planned.description.endswith("."), (event.name, planned.path)

    def test_marks_properties_that_identify_a_person(self, template_id):
        for event in template(template_id).plan.events:
            for planned in (*event.properties, *event.context):
                if is_likely_sensitive(event.call, planned.path):
                    assert planned.sensitive, (event.name, planned.path)
                assert not (planned.sensitive and planned.example), planned.path

    def test_contains_the_events_that_such_tools_send(self, template_id):
        planned = set(template(template_id).names)

        assert {right_name(name) or name for name in OFTEN_SENT[template_id]} <= planned

    def test_accepts_its_own_samples(self, template_id):
        plan = template(template_id).plan
        checks = CompiledPlan(plan)

        for event in plan.events:
            assert checks.check(sample(event, user_id="u1")) == []
