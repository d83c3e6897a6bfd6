from __future__ import annotations

import json
import re
import shlex

import pytest
from django.urls import reverse

from streams.catalog.models import Stream
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
from streams.catalog.stage import Stage
from streams.portal.connection.code_samples import batch
from streams.review.qa.workspaces import prepare
from tests import factories


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


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        (Stage.DRAFT, "Customers receive events when the stream is"),
        (Stage.SUBMITTED, "Customers receive events when the stream is"),
        (Stage.SUSPENDED, "The stream is suspended"),
    ],
)
def test_before_delivery_starts_the_tab_says_that_the_event_stays_queued(
    client, cast, stage, reason
):
    Stream.objects.filter(pk=cast.stream.pk).update(stage=stage)
    client.force_login(cast.sam)
    names = [cast.partner.slug, cast.stream.slug]

    page = client.get(reverse("portal:partner-stream-send", args=names)).text

    assert "Events of customers stay queued." in page
    assert "Replace <code>your-id-for-the-customer</code>" in page
    assert reason in page
    qa = reverse("portal:partner-stream-qa", args=names)
    assert f'create a <a href="{qa}#test-workspaces">test workspace</a>' in page


def test_the_example_sends_to_a_test_workspace_if_there_is_one(client, cast):
    prepare(stream=cast.stream, actor=cast.dev)
    Stream.objects.filter(pk=cast.stream.pk).update(stage=Stage.DRAFT)
    client.force_login(cast.sam)
    names = [cast.partner.slug, cast.stream.slug]

    page = client.get(reverse("portal:partner-stream-send", args=names)).text

    assert "your test workspace <code>qa-us</code>" in page
    assert "&quot;workspace&quot;: &quot;qa-us&quot;" in page
    assert "your-id-for-the-customer" not in page


def test_of_an_approved_stream_only_unconnected_workspaces_queue_events(client, cast):
    Stream.objects.filter(pk=cast.stream.pk).update(stage=Stage.APPROVED)
    client.force_login(cast.sam)
    names = [cast.partner.slug, cast.stream.slug]

    page = client.get(reverse("portal:partner-stream-send", args=names)).text

    assert "Events of customers stay queued." not in page
    assert "Until the workspace is connected to Segment" in page


def test_the_link_to_a_token_chooses_the_stream_of_the_tab(client, cast):
    other = factories.stream(cast.partner)
    client.force_login(cast.dev)
    send = reverse("portal:partner-stream-send", args=[cast.partner.slug, other.slug])
    tokens = reverse("portal:partner-tokens", args=[cast.partner.slug])

    page = client.get(send).text
    chosen = client.get(tokens, {"stream": other.slug}).text

    assert f'href="{tokens}?stream={other.slug}"' in page
    assert f'<option value="{other.pk}" selected>' in chosen


def test_a_new_token_leads_back_to_the_example_of_its_stream(client, cast):
    other = factories.stream(cast.partner)
    client.force_login(cast.dev)
    send = reverse("portal:partner-stream-send", args=[cast.partner.slug, other.slug])
    tokens = reverse("portal:partner-tokens", args=[cast.partner.slug])

    made = client.post(tokens, {"name": "Try-out", "stream": other.pk})

    assert f'href="{send}"' in made.text
    assert f'href="{send}"' not in client.get(tokens).text


@pytest.mark.parametrize(
    "place", ["partner-tail", "partner-events", "partner-requests"]
)
def test_the_tab_leads_to_the_places_that_show_the_status_of_an_event(
    client, cast, place
):
    client.force_login(cast.dev)
    names = [cast.partner.slug, cast.stream.slug]

    page = client.get(reverse("portal:partner-stream-send", args=names)).text

    [example] = re.findall(r"<main.*</main>", page, re.DOTALL)
    assert f'href="{reverse(f"portal:{place}", args=names[:1])}"' in example


def test_a_stream_that_looks_up_user_ids_shows_an_event_with_a_person(as_dev, cast):
    args = [cast.partner.slug, cast.stream.slug]
    page = reverse("portal:partner-stream-send", args=args)
    before = as_dev.get(page).text
    cast.stream.identify_by = "tool_id"
    cast.stream.save()

    after = as_dev.get(page).text

    guide = "/docs/guide/ingest/#events-without-a-userid"
    assert ["snippet-person" in text for text in (before, after)] == [False, True]
    assert guide in after
    assert "&quot;person&quot;: {" in after
