"""The issues page of a workspace, and of all workspaces of a stream."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from streams.base.clock import now
from streams.catalog.pages.models import StreamProfile
from streams.catalog.plans.rules import TYPE
from streams.spec.rules import RULES
from tests import factories
from tests.portal.test_quarantine_views import words

WRONG = RULES["SPEC-PROPERTY-001"].issue("properties.a", "It is a text.", "Fix it.")


def of_workspace(cast, **query):
    return reverse("portal:issues", args=[cast.workspace.public_id], query=query)


def of_stream(cast):
    args = [cast.partner.slug, cast.stream.slug]
    return reverse("portal:partner-stream-issues", args=args)


@pytest.fixture
def found(cast):
    """Two kinds in the cast's workspace, one of them in another workspace too."""
    factories.found(cast.feed, events=3, at=now())
    factories.found(cast.feed, events=2, at=now() - timedelta(days=2))
    factories.found(cast.feed, "Order Completed", WRONG, events=1_200, at=now())
    other = factories.feed(cast.stream, cast.elsewhere)
    factories.found(other, events=4, at=now())
    return other


def test_the_only_issue_that_matches_a_filter_is_open(as_bob, cast, found):
    every = as_bob.get(of_workspace(cast)).text
    one = as_bob.get(of_workspace(cast), {"name": "Mail Opened"}).text

    assert ('name="fault" open' in every, 'name="fault" open' in one) == (False, True)


def test_a_workspace_sees_one_row_per_fault_the_most_severe_first(as_bob, cast, found):
    StreamProfile.objects.create(
        stream=cast.stream, support_email="help@postbox.example"
    )

    page = as_bob.get(of_workspace(cast))

    said = words(page)
    planned = said.index("Error Mail Opened Event not in the plan")
    typed = said.index("Warning Order Completed Wrong type for a Spec property")
    assert planned < typed
    ask = f"Ask {cast.partner.name} to fix this. help@postbox.example"
    counts = "Events in 24 hours: 3 Events in 7 days: 5"
    assert f"{counts} PLAN-EVENT-001 No such event. {ask}" in said
    assert 'href="/docs/guide/rules/#PLAN-EVENT-001"' in page.text
    assert "text, 6 characters" in page.text
    assert "affected workspace" not in said


def test_a_fault_that_two_rules_report_is_one_row(as_bob, cast):
    factories.found(cast.feed, events=3, at=now())
    named = RULES["SPEC-NAME-004"].issue("event", "It is misspelled.", "Rename it.")
    factories.found(cast.feed, issue=named, events=3, at=now())
    factories.found(cast.feed, "Other", named, events=1, at=now())

    page = as_bob.get(of_workspace(cast))

    said = words(page)
    assert page.text.count('<details class="fault"') == 2
    assert "Errors 4 · Warnings 0 · Hints 0" in said
    assert "Mail Opened Different spelling of a Spec name" in said
    ask = f"Ask {cast.partner.name} to fix this: Rename it."
    assert f"SPEC-NAME-004 It is misspelled. {ask} Also: PLAN-EVENT-001 No" in said


def test_a_fault_shows_its_share_of_the_events_with_that_name(as_bob, cast):
    factories.append(cast.feed, 8, event="Order Completed", now=now())
    factories.append(cast.feed, 5, now=now())
    factories.found(cast.feed, "Order Completed", WRONG, events=2, at=now())

    said = words(as_bob.get(of_workspace(cast)))
    assert "Events in 24 hours: 2 25% Events in 7 days: 2 25%" in said
    assert "Percentages are estimates" in said


def test_percentages_are_explained_only_if_there_are_any(as_dev, cast, found):
    assert "Percentages are estimates" not in words(as_dev.get(of_stream(cast)))


def test_a_stream_shows_how_many_workspaces_are_affected_and_which(as_dev, cast, found):
    page = as_dev.get(of_stream(cast))
    assert "7 Events in 7 days: 9 Workspaces: 2" in words(page)
    link = unescape(re.search(r'href="(\?rule=PLAN[^"]*)', page.text)[1])

    affected = as_dev.get(of_stream(cast) + link)

    said = words(affected)
    assert re.search(rf"{cast.elsewhere.name} [^%]*? 4 4 ", said)
    assert of_workspace(cast) in affected.text


def test_a_fault_that_a_new_plan_reports_by_another_rule_counts_every_workspace(
    as_dev, cast
):
    by_plan = TYPE.issue("properties.a", "It is a text.", "Fix it.")
    elsewhere = factories.feed(cast.stream, cast.elsewhere)
    factories.found(cast.feed, "Order Completed", by_plan, at=now())
    for feed in (cast.feed, elsewhere):
        factories.found(feed, "Order Completed", WRONG, at=now())

    page = as_dev.get(of_stream(cast), {"name": "Order Completed"})

    assert "Workspaces: 2" in words(page)
    assert "View 2 affected workspaces" in words(page)


def test_a_fault_of_one_workspace_leads_to_its_events(as_dev, cast, found):
    text = as_dev.get(of_stream(cast), {"name": "Order Completed"}).text

    events = reverse("portal:events", args=[cast.workspace.public_id])
    link = (
        rf'href="{events}\?stream={cast.stream.slug}&amp;rule=SPEC-PROPERTY-001[^"]*">'
    )
    assert re.search(link + "View affected events<", text)
    assert "affected workspace" not in text


@pytest.mark.parametrize("host", ["testserver", "elsewhere.example"])
def test_a_partner_gets_back_from_a_workspace_to_the_issues_of_the_stream(
    as_dev, cast, host
):
    before = f"http://{host}{of_stream(cast)}?severity=error"

    text = as_dev.get(of_workspace(cast), headers={"Referer": before}).text

    back = of_stream(cast) + ("?severity=error" if host == "testserver" else "")
    assert f'<a href="{back}">← Issues of {cast.stream.name}</a>' in text


def test_a_customer_sees_no_link_to_the_issues_of_the_stream(as_bob, cast):
    assert "← Issues of" not in as_bob.get(of_workspace(cast)).text


def test_issues_say_how_the_outcome_warned_relates(client, cast, found):
    said = "the outcome warned in an API response has at least one of these issues"
    client.force_login(cast.dev)
    assert said in words(client.get(of_stream(cast)))
    client.force_login(cast.bob)
    assert said not in words(client.get(of_workspace(cast)))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"severity": "warning"}, {"Order Completed"}),
        ({"rule": "PLAN-EVENT-001"}, {"Mail Opened"}),
        ({"name": "Order Completed"}, {"Order Completed"}),
        ({"name": "Other"}, set()),
    ],
)
def test_issues_can_be_filtered(as_bob, cast, found, query, names):
    page = as_bob.get(of_workspace(cast, **query))

    assert "Errors 5 · Warnings 1,200 · Hints 0" in words(page)
    assert set(re.findall(r"</span> <strong>([^<]*)", page.text)) == names


@pytest.mark.parametrize(
    ("mode", "says"),
    [("off", "Validation is off"), ("warn", "No issues in the last 7 days")],
)
def test_an_empty_list_says_what_that_means(as_bob, cast, mode, says):
    cast.stream.check_mode = mode
    cast.stream.save()

    assert says in words(as_bob.get(of_workspace(cast)))


def test_if_checking_was_turned_off_the_page_says_that_the_list_is_incomplete(
    as_bob, cast, found
):
    cast.stream.check_mode = "off"
    cast.stream.save()

    said = words(as_bob.get(of_workspace(cast)))

    assert "Validation is off. Only events that Segment would drop" in said
    assert "Event not in the plan" in said


def test_issues_over_the_limit_are_shown_as_one_number(as_bob, cast):
    for n in range(202):
        factories.found(cast.feed, f"Clicked {n}", at=now())

    said = words(as_bob.get(of_workspace(cast)))

    assert "2 more issues in events with other names." in said
    assert "Show 150 more issues" in said


def test_another_kind_takes_no_more_queries(as_dev, cast, found):
    def queries():
        with CaptureQueriesContext(database) as captured:
            as_dev.get(of_stream(cast))
        return len(captured)

    one = queries()
    factories.found(cast.feed, "Another", at=now())

    assert queries() == one


def test_the_overview_and_the_stream_summarize_issues(as_dev, cast, found):
    factories.found(cast.feed, events=4, at=now() - timedelta(hours=30))

    overview = words(
        as_dev.get(reverse("portal:overview", args=[cast.workspace.public_id]))
    )
    args = [cast.partner.slug, cast.stream.slug]
    stream = words(as_dev.get(reverse("portal:partner-stream-overview", args=args)))

    said = "1,203 issues in the last 24 hours, up from 4 the day before"
    assert f"{said} View issues" in overview
    assert said.replace("1,203", "1,207") in stream


def test_an_issue_links_to_its_events_and_to_possible_fixes(as_dev, cast, found):
    factories.quarantined(cast.feed, 5, event="Mail Opened")
    factories.quarantined(cast.feed, 2, event="Mail Opened", rule="SPEC-ID-002")

    workspace, stream = as_dev.get(of_workspace(cast)), as_dev.get(of_stream(cast))

    link = "events/?rule=PLAN-EVENT-001&amp;name=Mail%20Opened&amp;since="
    assert link in workspace.text.replace("+", "%20")
    assert "View 5 in quarantine" in workspace.text
    assert "View other affected events" in workspace.text
    assert "View 5 in quarantine" in stream.text
    held = "quarantine/?rule=PLAN-EVENT-001&amp;name=Mail+Opened"
    assert held in workspace.text.replace("%20", "+")
    assert "Add to plan" not in stream.text  # the Spec says "Email Opened"


def test_an_issue_of_rejected_events_says_that_they_are_not_stored(client, cast):
    missing = RULES["SPEC-ID-001"].issue("userId", "userId is missing.", "Send one.")
    factories.found(cast.feed, "Email Opened", missing, at=now())

    client.force_login(cast.dev)
    page = client.get(of_stream(cast))
    client.force_login(cast.bob)
    of_customer = client.get(of_workspace(cast))

    for one in (page, of_customer):
        assert "These events were rejected when they were received" in one.text
        assert "affected events" not in one.text
    requests = reverse("portal:partner-requests", args=[cast.partner.slug])
    assert f'href="{requests}">View requests' in page.text
    assert f'href="{requests}">View requests' not in of_customer.text


def test_without_a_published_plan_the_page_names_the_spec_only(as_dev, cast):
    before = words(as_dev.get(of_stream(cast)))
    factories.published_plan(cast.stream, "Email Opened")
    after = words(as_dev.get(of_stream(cast)))

    assert "against the Segment Spec only, because your tracking plan isn't" in before
    assert "All validated events follow the Segment Spec." in before
    assert (
        "All validated events follow the Segment Spec and the tracking plan." in after
    )


def test_an_issue_of_an_unplanned_event_leads_to_that_event(as_dev, cast):
    factories.found(cast.feed, "Newsletter Shared", at=now())

    stream = as_dev.get(of_stream(cast)).text

    assert "learn/?event=Newsletter+Shared" in stream
    assert "Add to plan…" in stream
