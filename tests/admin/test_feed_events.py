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
        ("feed_change", feed.pk, '<div class="readonly">2</div>'),
        ("workspace_change", feed.workspace_id, "<td>2</td>"),
    )

    for name, pk, shown in pages:
        page = staff.get(reverse(f"admin:streams_{name}", args=[pk]))
        assert shown in page.text


def test_without_events_in_quarantine_the_list_says_nothing_about_it(staff):
    feed = factories.feed()

    page = staff.get(reverse("admin:streams_feed_events", args=[feed.pk]))

    assert "quarantine" not in page.text
