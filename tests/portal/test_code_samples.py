from __future__ import annotations

import json
import shlex

import pytest
from django.urls import reverse

from streams.catalog.plans.authoring.editing import key_of
from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import (
    PlannedEvent,
    PlannedProperty,
    TrackingPlan,
    to_json,
)
from streams.portal.connection.code_samples import batch


def sent(rf, planned):
    """Return the event that the command sends, as a shell parses it."""
    words = shlex.split(batch(rf.get("/"), planned).replace("\\\n", " "))
    [event] = json.loads(words[words.index("-d") + 1])["batch"]
    return event


@pytest.mark.parametrize("template_id", ["email", "live-chat"])
def test_the_command_sends_an_event_that_fits_the_plan(rf, template_id):
    plan = template(template_id).plan

    event = sent(rf, next(one for one in plan.events if one.name))

    assert event["event"] == next(one.name for one in plan.events if one.name)
    assert event.pop("workspace") == "your-id-for-the-customer"
    assert CompiledPlan(plan).check(event) == []


def test_a_quote_in_an_example_does_not_end_the_command(rf):
    said = PlannedProperty(path="said", example="it's; rm -rf /")

    event = sent(rf, PlannedEvent(name="Said", properties=(said,)))

    assert event["properties"] == {"said": "it's; rm -rf /"}


def test_without_a_plan_it_sends_an_event_of_the_spec(rf):
    assert sent(rf, None)["event"] == "Email Opened"


def test_the_tab_has_an_event_of_the_draft_and_any_other_of_it(client, cast):
    events = (PlannedEvent(name="Survey Sent"), PlannedEvent(name="Survey Answered"))
    draft = to_json(TrackingPlan(events=events))
    PlanVersion.objects.create(stream=cast.stream, number=1, content=draft)
    client.force_login(cast.sam)
    page = reverse(
        "portal:partner-stream-send", args=[cast.partner.slug, cast.stream.slug]
    )

    first = client.get(page)
    second = client.get(page, {"event": key_of(events[1])})

    assert "&quot;event&quot;: &quot;Survey Sent&quot;" in first.text
    assert "&quot;event&quot;: &quot;Survey Answered&quot;" in second.text
