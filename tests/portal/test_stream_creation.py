from __future__ import annotations

import pytest
from django.urls import reverse

from streams.catalog.models import Stream
from streams.catalog.plans.authoring.templates import template, templates
from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
from streams.catalog.plans.services import drafted_plan, replace_draft
from tests import factories


def new(client, cast, **changes):
    form = {"name": "Postbox SMS", "slug": "", "plan": "sms-push", **changes}
    url = reverse("portal:partner-stream-new", args=[cast.partner.slug])
    return client.post(url, form)


def test_the_page_offers_each_template_with_its_events(as_petra, cast):
    url = reverse("portal:partner-stream-new", args=[cast.partner.slug])

    page = as_petra.get(url).text

    for one in templates():
        assert one.summary in page
        assert f"<span>{one.names[-1]}</span>" in page
    assert "Empty plan" in page


def test_a_streams_slug_comes_from_its_name_and_the_next_page_is_its_plan(
    as_petra, cast
):
    page = new(as_petra, cast)

    stream = Stream.objects.get(slug="postbox-sms")
    assert stream.partner == cast.partner
    assert drafted_plan(stream) == template("sms-push").plan
    assert page.url == reverse(
        "portal:partner-stream-plan", args=[cast.partner.slug, "postbox-sms"]
    )


def test_a_template_adds_the_events_that_the_draft_lacks(as_petra, cast):
    own = PlannedEvent(name="Email Opened", when="Ours.")
    replace_draft(
        stream=cast.stream, plan=TrackingPlan(events=(own,)), what="", actor=None
    )
    url = reverse(
        "portal:partner-stream-plan-template",
        args=[cast.partner.slug, cast.stream.slug],
    )
    asked = as_petra.get(url).text

    told = as_petra.post(url, {"plan": "email"}, follow=True).text
    again = as_petra.post(url, {"plan": "email"}, follow=True).text

    assert "<s>Email Opened</s>" in asked
    events = drafted_plan(cast.stream).events
    assert events[0] == own
    assert {one.name for one in events} == set(template("email").names)
    assert "5 events added to the draft." in told
    assert "The plan already has all events of this template." in again


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"slug": "taken"}, "Another stream has this slug."),
        ({"slug": "Post Box"}, "Use lowercase letters, digits, and single hyphens"),
        ({"slug": "new"}, "is reserved. Choose a different slug."),
        ({"name": "Поштова"}, "No slug can be derived from this name."),
        ({"name": "Docs"}, "No slug can be derived from this name."),
        ({"plan": ""}, "Choose an option."),
        ({"plan": "../models"}, "Select a valid choice."),
    ],
)
def test_an_error_is_shown_beside_its_field(as_petra, cast, wrong, told):
    factories.stream(slug="taken")

    page = new(as_petra, cast, **wrong)

    assert told in page.text
    assert cast.partner.streams.count() == 1
