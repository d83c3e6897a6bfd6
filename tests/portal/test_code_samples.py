from __future__ import annotations

import json
import shlex

import pytest

from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.portal.connection.code_samples import batch


def sent(rf, plan):
    """Return the event that the command sends, as a shell parses it."""
    words = shlex.split(batch(rf.get("/"), plan).replace("\\\n", " "))
    [event] = json.loads(words[words.index("-d") + 1])["batch"]
    return event


@pytest.mark.parametrize("template_id", ["email", "live-chat"])
def test_the_command_sends_an_event_that_fits_the_plan(rf, template_id):
    plan = template(template_id).plan

    event = sent(rf, plan)

    assert event["event"] == next(one.name for one in plan.events if one.name)
    assert event.pop("workspace") == "your-id-for-the-customer"
    assert CompiledPlan(plan).check(event) == []


def test_a_quote_in_an_example_does_not_end_the_command(rf):
    said = PlannedProperty(path="said", example="it's; rm -rf /")

    event = sent(
        rf, TrackingPlan(events=(PlannedEvent(name="Said", properties=(said,)),))
    )

    assert event["properties"] == {"said": "it's; rm -rf /"}


def test_without_a_plan_it_sends_an_event_of_the_spec(rf):
    assert sent(rf, None)["event"] == "Email Opened"
