from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.audit.services import record
from streams.catalog.pages.models import StreamProfile
from streams.catalog.plans.plan import (
    PlannedEvent,
    PlannedProperty,
    TrackingPlan,
    to_json,
)
from streams.review.services import Timeline, approve, request_launch, start_qa, submit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted():
    stream = factories.stream(stage="draft")
    factories.published_plan(stream, "Email Opened")
    factories.published_pages(stream)
    days = {"build_on": date(2026, 4, 1), "qa_on": date(2026, 5, 1)}
    timeline = Timeline(**days, launch_on=date(2026, 6, 1), notes="Ten customers wait.")
    submit(
        stream=stream, timeline=timeline, actor=factories.user("dev@postbox.example")
    )
    return stream


def page_of(stream):
    return reverse("admin:streams_stream_review", args=[stream.pk])


def decision_page(stream, decision):
    return reverse("admin:streams_stream_decide", args=[stream.pk, decision])


def decide(client, stream, decision, text=""):
    return client.post(decision_page(stream, decision), {"text": text})


def stage_of(stream):
    stream.refresh_from_db()
    return stream.stage


def test_operators_see_what_was_submitted(staff, submitted):
    page = staff.get(page_of(submitted)).content.decode()

    for told in (
        "dev@postbox.example",
        "2026-06-01",
        "Ten customers wait.",
        "Request changes",
    ):
        assert told in page
    assert "Launch stream" not in page
    assert "Missing recommended items: Tool details" in page
    assert f'href="/docs/{submitted.slug}/integration/"' in page


def test_operators_see_what_the_partner_says_about_its_tool(staff, submitted):
    StreamProfile.objects.create(
        stream=submitted, about="It sends <b>mail</b>.", category="Email Marketing"
    )

    page = staff.get(page_of(submitted)).text

    assert "<li>Description: It sends &lt;b&gt;mail&lt;/b&gt;.</li>" in page
    assert "<li>Category: Email Marketing</li>" in page
    assert "Website" not in page


def test_only_the_first_events_of_a_large_plan_are_listed(staff, submitted):
    factories.published_plan(submitted, *(f"E{n}" for n in range(120)), number=2)

    page = staff.get(page_of(submitted)).text

    assert ">E99</th>" in page
    assert ">E100</th>" not in page
    assert "20 more events are in the full tracking plan." in page


def test_operators_see_that_the_plan_changed_after_the_submission(staff, submitted):
    told = "The tracking plan has changed since it was submitted."
    assert told not in staff.get(page_of(submitted)).text

    factories.published_plan(submitted, "Email Clicked", number=2)

    page = " ".join(staff.get(page_of(submitted)).text.split())
    assert (
        f"{told}</strong> Plan version 1 was submitted; plan version 2 is published."
        in page
    )


def test_an_approval_is_audited_with_the_operators_name(staff, olga, submitted):
    answer = decide(staff, submitted, "approve", "Welcome.")

    assert (answer.status_code, stage_of(submitted)) == (302, "approved")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.detail["comment"]) == (
        "stream.approved", olga, "Welcome.",
    )  # fmt: skip


def test_a_decision_says_what_happens_and_changes_nothing_before_it_is_confirmed(
    staff, submitted
):
    feed = factories.feed(submitted)
    factories.connection(feed, region="us")
    factories.connection(factories.feed(submitted), region="sandbox")
    factories.partner_member(submitted.partner, "admin")

    pages = {
        name: " ".join(staff.get(decision_page(submitted, name)).text.split())
        for name in ("approve", "send-back", "suspend")
    }

    assert "Delivery to 1 connection of customers starts at once." in pages["approve"]
    assert "The stream is a draft again." in pages["send-back"]
    assert "Delivery to 1 connection of customers stops at once." in pages["suspend"]
    told = f"1 admin of {submitted.partner} receives an email."
    assert [told in page for page in pages.values()] == [True] * 3
    assert stage_of(submitted) == "submitted"


def test_decisions_look_like_what_they_do(staff, submitted):
    page = staff.get(page_of(submitted)).text

    looks = {
        name: re.search(rf'class="button ([a-z ]+)"\s+href="{url}"', page)[1]
        for name in ("approve", "send-back", "suspend")
        if (url := decision_page(submitted, name))
    }

    assert looks == {
        "approve": "default", "send-back": "plain", "suspend": "danger outline",
    }  # fmt: skip


def test_a_decision_that_is_no_longer_possible_leads_back_to_the_review(
    staff, submitted
):
    page = staff.get(decision_page(submitted, "resume"), follow=True)

    assert page.redirect_chain == [(page_of(submitted), 302)]
    assert "The stage of the stream has changed." in page.text
    assert staff.get(decision_page(submitted, "delete")).status_code == 404


def test_a_refused_decision_says_why_and_keeps_the_typed_text(staff, submitted):
    refused = decide(staff, submitted, "send-back")
    too_early = decide(staff, submitted, "go-live", "We like it.")
    too_long = decide(staff, submitted, "approve", "x" * 501)

    assert [a.status_code for a in (refused, too_early, too_long)] == [409] * 3
    assert "Enter the changes that you request." in refused.content.decode()
    assert "We like it.</textarea>" in too_early.content.decode()
    assert (
        "The message has 501 characters. Shorten it to 500 characters."
        in too_long.content.decode()
    )
    assert stage_of(submitted) == "submitted"


def test_operators_suspend_and_resume_a_stream_from_its_page(staff, submitted):
    decide(staff, submitted, "suspend", "It sends passwords.")
    assert stage_of(submitted) == "suspended"

    decide(staff, submitted, "resume")

    assert stage_of(submitted) == "submitted"


def test_operators_with_read_access_cannot_decide(client, submitted):
    viewer = factories.user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_stream"))
    client.force_login(viewer)

    page, answer = client.get(page_of(submitted)), decide(client, submitted, "approve")
    asked = client.get(decision_page(submitted, "approve"))

    assert (page.status_code, answer.status_code, asked.status_code) == (200, 403, 403)
    assert "Approve stream" not in page.text
    assert stage_of(submitted) == "submitted"


def test_operators_without_access_to_streams_are_refused(client, submitted):
    client.force_login(factories.user(is_staff=True))

    assert client.get(page_of(submitted)).status_code == 403


def test_the_stage_is_not_a_field_of_the_form(staff, submitted):
    address = reverse("admin:streams_stream_change", args=[submitted.pk])

    staff.post(address, {"name": "New", "version": "1.0.0", "requests_per_second": 50,
                         "retention_days": 30, "stage": "live"})  # fmt: skip

    assert (stage_of(submitted), submitted.name) == ("submitted", "New")


def test_entries_are_found_by_partner_stream_and_action(staff, submitted):
    other = factories.stream()
    record("stream.approved", actor=None, partner=other.partner, stream=other.slug)
    entries = reverse("admin:streams_auditentry_changelist")
    query = {"partner": submitted.partner.slug, "stream": submitted.slug}

    page = staff.get(entries, {**query, "action": "stream.submitted"})

    assert [row.action for row in page.context["cl"].result_list] == [
        "stream.submitted"
    ]
    assert "Submitted the stream for review, with plan version 1" in page.text


def test_operators_can_decline_a_request_to_go_live(staff, submitted):
    approve(stream=submitted, actor=None)
    start_qa(stream=submitted, actor=None)
    assert "Decline launch" not in staff.get(page_of(submitted)).text
    request_launch(stream=submitted, note="Ten customers wait.", actor=None)
    assert "Ten customers wait." in staff.get(page_of(submitted)).text

    answer = decide(staff, submitted, "not-yet", "Run the test first.")

    asked = submitted.live_requests.get()
    assert (answer.status_code, stage_of(submitted)) == (302, "in_qa")
    assert (asked.decision, asked.comment) == ("not_yet", "Run the test first.")


def test_streams_that_await_an_operator_can_be_listed(staff, submitted):
    asks, quiet = factories.stream(stage="in_qa"), factories.stream(stage="in_qa")
    factories.stream(stage="draft")
    request_launch(stream=asks, note="It is good.", actor=None)

    streams = reverse("admin:streams_stream_changelist")
    found = staff.get(streams, {"waits": "yes"}).context["cl"].result_list

    assert set(found) == {submitted, asks}
    assert quiet not in found


def test_a_decision_is_emailed_to_the_partners_admins(
    staff, submitted, mailoutbox, django_capture_on_commit_callbacks
):
    factories.partner_member(submitted.partner, "admin", "petra@postbox.example")

    with django_capture_on_commit_callbacks(execute=True):
        decide(staff, submitted, "send-back", "Say who clicks.")

    [mail] = mailoutbox
    assert mail.to == ["petra@postbox.example"]
    assert "http://testserver/p/" in mail.body


def test_the_page_of_a_draft_says_when_it_can_be_approved(staff, submitted):
    text = "You can approve it or request changes once the partner submits it"
    draft = factories.stream(stage="draft")

    page, other = staff.get(page_of(draft)).text, staff.get(page_of(submitted)).text

    assert text in page
    assert "The button opens a page" in page
    assert text not in other
    assert "Each button opens a page" in other


def test_the_decision_is_below_the_submission_the_plan_and_the_note(staff, submitted):
    page = staff.get(page_of(submitted)).text

    places = [
        page.index(text)
        for text in (
            'href="#decision"',
            "Ten customers wait.",
            "Plan version 1",
            'id="decision"',
            decision_page(submitted, "approve"),
        )
    ]
    assert places == sorted(places)


def test_pages_of_the_partner_are_links_that_open_in_a_new_tab(staff, submitted):
    StreamProfile.objects.create(
        stream=submitted,
        website="https://postbox.example",
        docs_url="https://postbox.example/help",
    )

    page = staff.get(page_of(submitted)).text

    for url in (
        "https://postbox.example",
        "https://postbox.example/help",
        f"/docs/{submitted.slug}/integration/",
    ):
        assert f'<a href="{url}" target="_blank" rel="noopener">' in page
    assert page.count("(opens in a new tab)") == page.count('target="_blank"')


def test_the_summary_of_a_plan_marks_personal_data(staff, submitted):
    properties = (
        PlannedProperty(path="email", sensitive=True),
        PlannedProperty(path="campaign"),
    )
    plan = TrackingPlan(events=(PlannedEvent(name="Opened", properties=properties),))
    submitted.plan_versions.create(
        number=2, content=to_json(plan), published_at=factories.NOW
    )

    page = staff.get(page_of(submitted)).text

    assert page.count('<span class="badge warn">Personal data</span>') == 1


def test_the_full_plan_leads_back_to_the_review(staff, submitted):
    version = submitted.plan_versions.get()
    url = reverse("admin:streams_planversion_change", args=[version.pk])

    page = staff.get(url).text

    assert page.count(f'href="{page_of(submitted)}"') == 2
    assert "Back to the review" in page
    assert "Back to list" not in page


def test_a_decision_about_a_stream_without_customers_says_so(staff, submitted):
    page = staff.get(decision_page(submitted, "suspend")).text

    assert "No customer is connected to Segment yet" in page
    assert "0 connections" not in page
