"""The launch checklist, as the partner uses it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.plans.models import PlanVersion
from streams.catalog.stage import Stage
from streams.review import services
from streams.review.qa.models import QaRun
from streams.tenancy.models import Workspace
from tests import factories

DATES = {
    "build_on": "2026-04-01", "qa_on": "2026-05-01", "launch_on": "2026-06-01",
    "notes": "Ten customers wait.",
}  # fmt: skip


def address(cast, page: str = "partner-stream-launch") -> str:
    return reverse(f"portal:{page}", args=(cast.partner.slug, cast.stream.slug))


@pytest.fixture
def draft(cast):
    cast.stream.stage = Stage.DRAFT
    cast.stream.save(update_fields=["stage"])
    return cast.stream


@pytest.fixture
def ready(draft):
    factories.published_plan(draft, "Email Opened")
    factories.published_pages(draft)
    return draft


def stage_of(stream) -> str:
    stream.refresh_from_db()
    return stream.stage


def test_missing_items_link_to_where_they_are_completed(as_petra, cast, draft):
    factories.page_version(draft, "source")

    text = as_petra.get(address(cast)).text

    for page, *kind in (
        ("partner-stream-plan",),
        ("partner-stream-docs-page", "integration"),
        ("partner-stream-docs-facts",),
        ("partner-stream-docs",),
    ):
        there = reverse(f"portal:{page}", args=(cast.partner.slug, draft.slug, *kind))
        assert f'<a href="{there}">' in text
    assert "Your turn" in text
    assert 'type="date"' not in text  # nothing to submit yet


def test_an_admin_submits_with_dates_and_operators_act_next(as_petra, cast, ready):
    page = as_petra.post(address(cast), DATES, follow=True).text

    submission = ready.submissions.get()
    assert (stage_of(ready), submission.submitted_by) == ("submitted", cast.petra)
    for told in (
        "Your submission is in the review queue.",
        "Ten customers wait.",
        "1 Jun 2026",
    ):
        assert told in page


def test_dates_out_of_order_are_reported_at_their_field(as_petra, cast, ready):
    page = as_petra.post(address(cast), {**DATES, "qa_on": "2026-07-01"})

    assert page.context["form"].errors == {
        "launch_on": ["The launch can't be before QA starts."]
    }
    assert stage_of(ready) == "draft"


def test_a_developer_sees_who_can_submit(as_dev, cast, ready):
    text = as_dev.get(address(cast)).text

    assert "Only an admin of your team can submit the stream." in text
    assert 'type="date"' not in text


def test_feedback_from_operators_is_on_top_and_the_form_is_filled_in(
    as_petra, cast, ready, client
):
    as_petra.post(address(cast), DATES)
    services.send_back(stream=ready, comment="Say who clicks.", actor=cast.olga)

    page = as_petra.get(address(cast))

    assert "Say who clicks." in page.text
    assert 'value="2026-06-01"' in page.text
    assert cast.olga.email not in page.text


def test_qa_is_started_and_going_live_is_requested_with_a_note(as_petra, cast, ready):
    as_petra.post(address(cast), DATES)
    services.approve(stream=ready, actor=cast.olga)

    as_petra.post(address(cast, "partner-stream-launch-start-qa"))
    text = as_petra.get(address(cast)).text
    qa = address(cast, "partner-stream-qa")
    assert f'<a href="{qa}#user-id">' in text
    refused = as_petra.post(address(cast, "partner-stream-launch-request"), follow=True)
    assert "Explain why the stream should go live anyway." in refused.text
    asked = as_petra.post(
        address(cast, "partner-stream-launch-request"),
        {"note": "Seen by Segment."},
        follow=True,
    )

    assert stage_of(ready) == "in_qa"
    assert "Your request is in the review queue." in asked.text
    assert "In review" in asked.text
    assert ready.live_requests.get().note == "Seen by Segment."


def test_failed_checks_are_distinguished_from_missing_ones(as_petra, cast, ready):
    Workspace.objects.filter(pk=cast.workspace.pk).update(is_test=True)
    Stream.objects.filter(pk=ready.pk).update(stage=Stage.IN_QA)
    factories.append(cast.feed, userId="ada@example.com")

    text = as_petra.get(address(cast)).text

    qa = address(cast, "partner-stream-qa")
    said = dict(
        re.findall(
            rf'{qa}#([a-z-]+)">.*?<span class="badge plain [a-z]+">([A-Za-z]+)<',
            text,
            re.DOTALL,
        )
    )
    assert (said["user-id"], said["regions"]) == ("Failed", "Incomplete")


def test_a_suspended_stream_says_why_and_whom_to_contact(
    as_petra, cast, ready, settings
):
    settings.REVIEW_EMAIL = ["review@portal.example"]
    services.suspend(stream=ready, reason="It sends passwords.", actor=cast.olga)

    text = as_petra.get(address(cast)).text

    assert "It sends passwords." in text
    assert "mailto:review@portal.example" in text


def test_the_list_of_streams_leads_to_the_overview_or_to_the_checklist(
    as_petra, cast, draft
):
    live = factories.stream(cast.partner)

    text = as_petra.get(
        reverse("portal:partner-streams", args=[cast.partner.slug])
    ).text

    assert f'href="{address(cast)}"' in text
    args = (cast.partner.slug, live.slug)
    overview = reverse("portal:partner-stream-overview", args=args)
    assert f'href="{overview}"' in text


def test_a_live_stream_says_what_is_left_after_a_new_plan_version(
    as_petra, cast, ready
):
    Stream.objects.filter(pk=ready.pk).update(stage=Stage.IN_QA)
    services.go_live(stream=ready, reason="Seen by Segment.", actor=cast.olga)
    before = as_petra.get(address(cast)).text

    second = factories.published_plan(
        ready, "Email Opened", number=2, published_at=now()
    )
    after = as_petra.get(address(cast)).text
    overview = as_petra.get(address(cast, "partner-stream-overview")).text
    QaRun.objects.create(stream=ready, started_at=second.published_at)
    run = as_petra.get(address(cast)).text

    assert "No action needed" in before
    left = "Plan version 2 was published after the launch."
    assert left in after
    assert left in overview
    assert "No action needed" not in after
    assert f'<a href="{address(cast, "partner-stream-qa")}">QA test</a>' in after
    assert "No action needed" in run


def test_drafts_of_a_live_stream_are_left_to_publish(as_dev, cast):
    factories.published_plan(cast.stream, "Email Opened")
    factories.page_version(cast.stream, "source", published_at=None)
    PlanVersion.objects.create(stream=cast.stream, number=2, content={"events": []})

    text = as_dev.get(address(cast)).text

    assert "The tracking plan has a draft. Publish or discard it." in text
    assert "This docs page has a draft. Publish it." in text
    assert "No action needed" not in text


def test_a_submitted_stream_says_that_a_newer_plan_version_exists(
    as_petra, cast, ready
):
    as_petra.post(address(cast), DATES)
    factories.published_plan(ready, "Email Opened", number=2)

    text = as_petra.get(address(cast)).text

    assert "You submitted plan version 1, and published plan version 2" in text


def test_the_overview_of_a_stream_counts_what_needs_attention(as_dev, cast):
    factories.quarantined(cast.feed, 3)
    factories.alert(factories.connection(cast.feed))

    text = as_dev.get(address(cast, "partner-stream-overview")).text

    assert "3 events in quarantine" in text
    assert "1 open alert of this stream" in text
    assert "1, of which 0 have events to send now" in text
