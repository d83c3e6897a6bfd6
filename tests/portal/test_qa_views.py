"""A stream's QA page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from streams.audit.services import record
from streams.base.clock import now
from streams.connections.models import Connection
from streams.identity.identifiers import IdentifierKind
from streams.observability.user_id_lookups.models import LookupDay
from streams.portal.launch.qa import pace
from streams.review.qa.checklist import check
from streams.review.qa.observations import Observations
from streams.tenancy.models import Workspace
from streams.tenancy.services import create_token, revoke_token
from tests import factories
from tests.factories import NOW
from tests.review.sample_observations import passing


def address(cast, page: str = "partner-stream-qa") -> str:
    return reverse(f"portal:{page}", args=(cast.partner.slug, cast.stream.slug))


def test_one_click_creates_the_test_workspaces_that_the_test_needs(as_dev, cast):
    before = as_dev.get(address(cast)).content.decode()
    page = as_dev.post(address(cast, "partner-stream-qa-workspaces"), follow=True)

    assert Workspace.objects.filter(is_test=True).count() == 2
    for text in ("QA US", "QA Europe", "Sandbox (Europe)", "0 of 11 passed"):
        assert text in page.content.decode()
    assert "Run QA test" not in before
    assert "Run QA test" in page.content.decode()
    assert "Create missing test workspaces" not in page.content.decode()


@pytest.mark.parametrize(("stage", "is_live"), [("live", True), ("qa", False)])
def test_the_page_of_a_live_stream_says_that_its_qa_is_completed(
    as_dev, cast, stage, is_live
):
    record(
        "stream.went_live",
        actor=cast.olga,
        partner=cast.partner,
        stream=cast.stream.slug,
    )
    cast.stream.stage = stage
    cast.stream.save()

    page = as_dev.get(address(cast)).text

    assert ("QA is done: this stream went live on" in page) == is_live
    assert ("No test since the launch" in page) == is_live
    assert ("of 11 passed" in page) != is_live


def test_a_partner_at_the_limit_sees_why(as_dev, cast):
    for _ in range(10):
        factories.workspace(cast.partner, is_test=True)

    page = as_dev.post(address(cast, "partner-stream-qa-workspaces"), follow=True)

    assert "10 test workspaces, and the limit is 10" in page.content.decode()
    assert Workspace.objects.filter(is_test=True).count() == 10


def test_the_evidence_of_a_check_can_be_opened(as_dev, cast):
    Workspace.objects.filter(pk=cast.workspace.pk).update(is_test=True)
    factories.published_plan(cast.stream, "Email Opened")
    cursor = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed)
    sent = factories.delivered(cursor, 1)
    factories.page_version(cast.stream, "source")

    factories.found(cast.feed, "Mail Opened")
    text = as_dev.get(address(cast, "partner-stream-qa-fresh")).content.decode()

    issues = reverse("portal:issues", args=(cast.workspace.public_id,))
    assert (
        f'href="{issues}?stream={cast.stream.slug}">PLAN-EVENT-001 Mail Opened' in text
    )
    assert as_dev.get(issues).status_code == 200
    for page, number in (("event", 1), ("delivery", sent.pk)):
        there = reverse(f"portal:{page}", args=(cast.workspace.public_id, number))
        assert f'href="{there}?stream={cast.stream.slug}"' in text
        assert as_dev.get(there).status_code == 200


@pytest.mark.parametrize(
    ("person", "status"), [("dev", 302), ("petra", 302), ("sam", 403), ("rita", 404)]
)
def test_developers_paste_the_key_of_their_own_source_into_a_test_workspace(
    client, cast, person, status
):
    Workspace.objects.filter(pk=cast.workspace.pk).update(is_test=True)
    client.force_login(getattr(cast, person))
    page = reverse("portal:connection", args=(cast.workspace.public_id,))

    answer = client.post(page, {"write_key": factories.WRITE_KEY, "region": "sandbox"})

    assert answer.status_code == status
    assert Connection.objects.exists() == (status == 302)


def test_other_workspaces_belong_to_their_customers_only(as_dev, cast):
    page = reverse("portal:connection", args=(cast.workspace.public_id,))

    answer = as_dev.post(page, {"write_key": factories.WRITE_KEY, "region": "sandbox"})

    assert (answer.status_code, Connection.objects.exists()) == (403, False)


def test_the_checklist_refreshes_often_during_a_run_and_never_once_it_has_passed():
    green, empty = check(passing()), check(Observations(slug="postbox", plan=None))
    soon, later = NOW + timedelta(seconds=90), NOW + timedelta(minutes=3)

    assert [pace(empty, NOW, soon), pace(empty, NOW, later), pace(empty, None, soon)] == [
        "5s", "30s", "30s",
    ]  # fmt: skip
    assert pace(green, NOW, soon) == ""


def test_revoked_tokens_of_runs_are_not_listed(as_dev, cast):
    token, _ = create_token(
        stream=cast.stream, name="QA test run", actor=None, is_internal=True
    )
    tokens = reverse("portal:partner-tokens", args=(cast.partner.slug,))

    assert "QA test run" in as_dev.get(tokens).text
    revoke_token(token=token, actor=None)
    assert "QA test run" not in as_dev.get(tokens).text


def test_the_report_has_checklist_plan_regions_and_docs_on_one_page(as_dev, cast):
    Workspace.objects.filter(pk=cast.workspace.pk).update(is_test=True)
    factories.published_plan(cast.stream, "Survey Answered")
    factories.connection(cast.feed, region="sandbox-eu")

    text = as_dev.get(address(cast, "partner-stream-qa-report")).content.decode()

    for part in (
        "0 of 11 passed",
        "0 of 1 arrived. Still missing: Survey Answered.",
        "Sandbox (Europe): 0 accepted, 0 delivered, 0 rejected",
        f"http://testserver/docs/{cast.stream.slug}/integration/",
        "None yet",
        "<dt>Survey Answered</dt>",
    ):
        assert part in text


def test_the_page_says_how_userids_were_found_in_the_test_workspaces(as_dev, cast):
    Workspace.objects.filter(pk=cast.workspace.pk).update(is_test=True)
    day = now().date()
    for feed, count in ((cast.feed, 3), (factories.feed(cast.stream), 50)):
        for result in (IdentifierKind.EMAIL, LookupDay.UNRESOLVED):
            LookupDay.objects.create(day=day, feed=feed, result=result, count=count)

    text = as_dev.get(address(cast, "partner-stream-qa")).text

    assert "in the last 30 days: 3 found, 3 not found." in text
    assert "Found by: Email 3." in text
