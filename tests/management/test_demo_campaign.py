from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from streams.base.clock import iso_ms
from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.validation.event_validator import EventValidator
from streams.devtools.demo import campaign
from streams.devtools.demo.demo_streams import LIVE
from streams.spec.validation_modes import ValidationMode
from tests import factories

FOUR = {"email_id", "email_subject", "campaign_id", "campaign_name"}
# The events and properties on the Spec's page about email.
PROPERTIES = {
    "Email Bounced": FOUR,
    "Email Delivered": FOUR,
    "Email Link Clicked": FOUR | {"link_id", "link_url"},
    "Email Marked as Spam": FOUR,
    "Email Opened": FOUR,
    "Unsubscribed": FOUR | {"list_id", "list_name"},
}


def day(count: int, seed: int = 1):
    return campaign.day(count, now=factories.NOW, random=Random(seed))


@pytest.mark.parametrize("count", [1, 17, 1000])
def test_a_day_has_the_requested_number_of_events(count):
    assert len(day(count)) == count


@pytest.mark.parametrize("count", [17, 1000])
def test_a_day_has_all_six_events_with_the_properties_of_the_spec(count):
    found = {event["event"]: set(event["properties"]) for event in day(count)}

    assert found == PROPERTIES


def test_neither_the_spec_nor_the_plan_has_an_issue_with_them():
    checks = EventValidator(
        ValidationMode.WARN, plan=CompiledPlan(template(LIVE.template).plan)
    )

    for event in day(1000):
        assert checks.issues(event, now=factories.NOW) == []


def test_every_event_of_an_older_release_has_an_issue():
    checks = EventValidator(
        ValidationMode.WARN, plan=CompiledPlan(template(LIVE.template).plan)
    )

    for event in campaign.older_release(300, now=factories.NOW, random=Random(1)):
        assert checks.issues(event, now=factories.NOW) != []


def test_events_are_in_order_and_from_the_last_24_hours():
    times = [event["timestamp"] for event in day(1000)]

    assert times == sorted(times)
    assert iso_ms(factories.NOW - timedelta(hours=24)) <= times[0]
    assert times[-1] <= iso_ms(factories.NOW)


def test_every_event_has_a_unique_message_id():
    ids = {event["messageId"] for event in [*day(1000, seed=1), *day(1000, seed=2)]}

    assert len(ids) == 2000


def test_an_email_is_delivered_before_it_is_opened():
    first = {}
    for event in day(1000):
        first.setdefault(event["properties"]["email_id"], event["event"])

    assert set(first.values()) == {"Email Delivered", "Email Bounced"}
