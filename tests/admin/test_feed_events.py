"""Operators find an event of a customer's user, or learn that it is in quarantine."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from streams.delivery.limits.models import Halt
from streams.events.search import scan
from tests import factories

pytestmark = pytest.mark.django_db


def test_events_are_found_by_the_email_of_their_user(staff):
    feed = factories.feed()
    factories.append(feed, context={"traits": {"email": "eve@fern.example"}})
    factories.append(feed)
    url = reverse("admin:streams_feed_events", args=[feed.pk])

    page = staff.get(url, {"email": "Eve@fern.example"})

    assert [event.seq for event, _, _ in page.context["rows"]] == [1]


def test_events_are_found_by_their_message_id(staff):
    feed = factories.feed()
    factories.append(feed, messageId="m-1")
    factories.append(feed, messageId="m-2")
    url = reverse("admin:streams_feed_events", args=[feed.pk])

    page = staff.get(url, {"message_id": "m-2"})

    assert [event.seq for event, _, _ in page.context["rows"]] == [2]


def test_events_are_found_by_the_rule_that_they_break(staff):
    feed = factories.feed()
    factories.published_plan(feed.stream, "Email Opened")
    factories.append(feed, event="Mail Opened")
    factories.append(feed, event="Email Opened", properties={})
    url = reverse("admin:streams_feed_events", args=[feed.pk])

    page = staff.get(url, {"rule": "plan-event-001"})
    wrong = staff.get(url, {"rule": "PLAN-NOTHING"})

    assert [event.seq for event, _, _ in page.context["rows"]] == [1]
    assert "There is no rule with this ID." in wrong.text


def test_an_event_has_its_issues_as_in_the_portal(staff):
    feed = factories.feed()
    factories.published_plan(feed.stream, "Email Opened")
    factories.append(feed, event="Mail Opened", properties={"email_id": 1})
    factories.append(feed, event="Email Opened", properties={})
    urls = (reverse("admin:streams_feed_event", args=[feed.pk, n]) for n in (1, 2))

    faulty, clean = (staff.get(url) for url in urls)
    portal = portal_page(feed, 1)

    shown = [issue for _, issue, _ in faulty.context["faults"]]
    rows = portal.context["checked"].rows
    assert shown
    assert {one.message for one in shown} == {
        note.issue.message for row in rows for note in row.annotations
    }
    assert all(escape(one.fix) in faulty.text for one in shown)
    assert clean.context["faults"] == []
    assert "No issues, by the current plan" in clean.text


def portal_page(feed, seq):
    """Return the page of an event as a member of its workspace sees it."""
    member = factories.member(feed.workspace)
    client = Client()
    client.force_login(member)
    return client.get(f"/w/{feed.workspace.public_id}/events/{seq}/")


def test_pages_of_a_feed_and_its_workspace_count_the_events_in_quarantine(staff):
    feed = factories.feed()
    factories.quarantined(feed, 2)
    pages = (
        ("feed_events", feed.pk, "2 events are in quarantine and not in this list."),
        ("feed_change", feed.pk, '/quarantine/">2</a>'),
        ("workspace_change", feed.workspace_id, '/quarantine/">2</a>'),
    )

    for name, pk, shown in pages:
        page = staff.get(reverse(f"admin:streams_{name}", args=[pk]))
        assert shown in page.text


def test_without_events_in_quarantine_the_list_says_nothing_about_it(staff):
    feed = factories.feed()

    page = staff.get(reverse("admin:streams_feed_events", args=[feed.pk]))

    assert "quarantine" not in page.text


def test_operators_list_and_open_the_events_in_quarantine(staff):
    feed = factories.feed()
    factories.quarantined(feed, 2)
    factories.quarantined(feed, userId="eve", rule="PLAN-TYPE-001")
    url = reverse("admin:streams_feed_quarantine", args=[feed.pk])

    every, one = staff.get(url), staff.get(url, {"user_id": "eve"})
    [row] = one.context["rows"]
    opened = staff.get(url, {"id": row.pk})

    assert len(every.context["rows"]) == 3
    assert row.rule == "PLAN-TYPE-001"
    assert "&quot;userId&quot;: &quot;eve&quot;" in opened.text


def test_a_quarantine_page_shows_no_event_of_another_feed(staff):
    feed, other = factories.feed(), factories.feed()
    factories.quarantined(other)
    url = reverse("admin:streams_feed_quarantine", args=[feed.pk])
    [theirs] = staff.get(
        reverse("admin:streams_feed_quarantine", args=[other.pk])
    ).context["rows"]

    page = staff.get(url, {"id": theirs.pk})

    assert (page.context["rows"], page.context["shown"]) == ([], None)


def test_events_are_found_by_their_status(staff):
    feed = factories.feed()
    cursor = factories.cursor(factories.connection(feed))
    factories.append(feed, 3)
    factories.delivered(cursor, 2)
    url = reverse("admin:streams_feed_events", args=[feed.pk])

    shown = {
        status: [
            event.seq
            for event, _, _ in staff.get(url, {"outcome": status}).context["rows"]
        ]
        for status in ("queued", "delivered", "rejected")
    }

    assert shown == {"queued": [3], "delivered": [2, 1], "rejected": []}


def test_a_search_that_stopped_says_that_older_events_may_match(staff, monkeypatch):
    feed = factories.feed()
    factories.append(feed, 12)
    monkeypatch.setattr(scan, "FIRST_WINDOW", 5)
    monkeypatch.setattr(scan, "FIRST_S", 0.0)
    url = reverse("admin:streams_feed_events", args=[feed.pk])

    page = staff.get(url, {"name": "Email Opened", "user_id": "no one"})
    last = staff.get(url, {"name": "Email Opened", "user_id": "no one", "before": 3})

    assert "To search older events, select “Older”." in page.text
    assert "Searched back to" not in last.text


def test_a_halted_event_leads_to_its_halt_and_its_issues_are_no_second_cause(staff):
    feed = factories.feed()
    factories.cursor(factories.connection(feed))
    factories.published_plan(feed.stream, "Email Opened")
    factories.append(feed, event="Mail Opened")
    halt = Halt.objects.create(stream=feed.stream, reason="Drill")
    leads = f'href="{reverse("admin:streams_halt_change", args=[halt.pk])}"'

    page = staff.get(reverse("admin:streams_feed_event", args=[feed.pk, 1]))
    workspace = staff.get(
        reverse("admin:streams_workspace_change", args=[feed.workspace_id])
    )

    assert leads in page.text
    assert leads in workspace.text
    assert (
        "The portal doesn't hold back this event because of these issues." in page.text
    )
