"""Operators find an event of a customer's user, or learn that it is in quarantine."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db


def test_events_are_found_by_the_email_of_their_user(staff):
    feed = factories.feed()
    factories.append(feed, context={"traits": {"email": "eve@fern.example"}})
    factories.append(feed)
    url = reverse("admin:streams_feed_events", args=[feed.pk])

    page = staff.get(url, {"email": "Eve@fern.example"})

    assert [event.seq for event, _, _ in page.context["rows"]] == [1]


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
