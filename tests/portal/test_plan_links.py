"""Those who may edit a tracking plan get from an issue to the event in the plan."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.catalog.plans.authoring.editing import key_of
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.rules import PROPERTY, TYPE
from streams.catalog.plans.services import publish, replace_draft
from streams.events.models import QuarantinedEvent
from tests import factories

SHARED = PlannedEvent(
    name="Newsletter Shared",
    properties=(PlannedProperty(path="campaign_id", type="string"),),
)
WRONG = {"event": SHARED.name, "properties": {"campaign_id": 7}}


@pytest.fixture
def editor(cast):
    """The URL that edits the planned event."""
    plan = TrackingPlan(events=(SHARED,))
    draft = replace_draft(stream=cast.stream, plan=plan, what="x", actor=cast.dev)
    publish(stream=cast.stream, seen=draft.mark, note="", actor=cast.dev)
    args = [cast.partner.slug, cast.stream.slug, key_of(SHARED)]
    return reverse("portal:partner-stream-plan-event", args=args)


def pages(cast) -> dict[str, str]:
    """The pages with an issue about the planned event, by name."""
    [seq] = factories.append(cast.feed, **WRONG, now=now())
    factories.quarantined(cast.feed, rule=TYPE.id, **WRONG)
    issue = TYPE.issue("properties.campaign_id", "It is a number.", "Send a string.")
    factories.found(cast.feed, SHARED.name, issue, at=now())
    held = QuarantinedEvent.objects.get().pk
    workspace = cast.workspace.public_id
    stream = [cast.partner.slug, cast.stream.slug]
    return {
        "issues of a stream": reverse("portal:partner-stream-issues", args=stream),
        "issues of a workspace": reverse("portal:issues", args=[workspace]),
        "an event": reverse("portal:event", args=[workspace, seq]),
        "an event in quarantine": reverse(
            "portal:quarantined-event", args=[workspace, held]
        ),
    }


def test_a_developer_gets_from_each_page_to_the_planned_event(as_dev, cast, editor):
    link = f'href="{editor}"'

    missing = {
        name for name, url in pages(cast).items() if link not in as_dev.get(url).text
    }

    assert missing == set()


@pytest.mark.parametrize("person", ["sam", "alice"])
def test_those_who_may_not_edit_the_plan_get_no_link(client, cast, editor, person):
    client.force_login(getattr(cast, person))

    for url in pages(cast).values():
        assert "Edit in plan" not in client.get(url).text


def test_a_pasted_event_leads_to_the_planned_event(as_dev, cast, editor):
    args = [cast.partner.slug, cast.stream.slug]
    check = reverse("portal:partner-stream-plan-check", args=args)
    event = json.dumps({"type": "track", "userId": "u1", **WRONG})

    page = as_dev.post(check, {"events": event, "plan": "published"}).text

    assert f'href="{editor}"' in page


def test_an_event_that_is_not_in_the_plan_cannot_be_edited_there(as_dev, cast, editor):
    factories.found(cast.feed, "Unknown Name", PROPERTY.issue("a", "b", "c"), at=now())

    stream = [cast.partner.slug, cast.stream.slug]
    page = as_dev.get(reverse("portal:partner-stream-issues", args=stream)).text

    assert "Edit in plan" not in page
