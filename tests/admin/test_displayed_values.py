"""The admin shows words for yes and no, and all times in one zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from streams.tenancy.models import User
from tests import factories
from tests.admin.registered_models import registered


@pytest.fixture
def in_tokyo(staff):
    """An operator whose browser reports a zone nine hours ahead."""
    staff.cookies["zone"] = "Asia/Tokyo"
    return staff


def test_no_list_shows_an_icon_for_yes_or_no(staff):
    """A red cross in a row where all is well looks like a failure."""
    cursor = factories.due_cursor()
    factories.delivered(cursor, 3)
    factories.user()
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in registered()
    ]

    shown = {url: staff.get(url).text for url in lists}

    assert [url for url, page in shown.items() if "icon-no" in page] == []
    assert {User._meta.app_label} <= {url.split("/")[2] for url in lists}


def test_no_cursor_replay_or_connection_shows_an_icon_for_no(staff):
    cursor = factories.due_cursor(events=4)
    factories.delivered(cursor, 3)
    replay = factories.replay(cursor, end=3)

    for row in (replay, replay.cursor, cursor.connection):
        url = reverse(f"admin:streams_{row._meta.model_name}_change", args=[row.pk])
        page = staff.get(url).text
        assert ("icon-no" in page, "icon-unknown" in page) == (False, False)


def test_only_a_search_links_to_all_replays(staff):
    cursor = factories.due_cursor(events=4)
    factories.delivered(cursor, 3)
    replay = factories.replay(cursor, end=3)
    url = reverse("admin:streams_replay_changelist")

    assert "Show all" not in staff.get(url).text
    assert "Show all" in staff.get(url, {"q": replay.public_id}).text


def test_a_delivery_attempt_says_whether_a_replay_sent_it(staff):
    cursor = factories.due_cursor(events=4)
    factories.delivered(cursor, 3)
    factories.delivery(factories.replay(cursor, end=3).cursor, 1, 3)

    page = staff.get(reverse("admin:streams_delivery_changelist")).text

    assert page.count('field-sent_by">Replay') == 1
    assert page.count('field-sent_by">Live') == 1


def test_all_times_are_in_one_zone_that_each_page_names(in_tokyo):
    feed = factories.feed()
    at = datetime(2026, 3, 1, 22, 30, 5, tzinfo=UTC)
    [seq] = factories.append(feed, now=at)
    pages = [
        in_tokyo.get(url).text
        for url in (
            reverse("admin:streams_feed_change", args=[feed.pk]),
            reverse("admin:streams_feed_events", args=[feed.pk]),
            reverse("admin:streams_feed_event", args=[feed.pk, seq]),
        )
    ]

    assert ["2026-03-01 22:30:05" in page for page in pages] == [True] * 3
    assert ["Times are in UTC" in page for page in pages] == [True] * 3


def test_the_review_page_uses_the_same_zone(in_tokyo):
    stream = factories.stream()
    factories.published_plan(
        stream, "A", published_at=datetime(2026, 3, 1, 22, tzinfo=UTC)
    )

    page = in_tokyo.get(reverse("admin:streams_stream_review", args=[stream.pk])).text

    assert "published 2026-03-01" in page


def test_a_search_by_time_uses_the_same_zone(in_tokyo):
    feed = factories.feed()
    factories.append(feed, now=datetime(2026, 3, 1, 22, 30, tzinfo=UTC))
    url = reverse("admin:streams_feed_events", args=[feed.pk])

    before = in_tokyo.get(url, {"since": "2026-03-01 22:00"})
    after = in_tokyo.get(url, {"since": "2026-03-01 23:00"})

    assert (len(before.context["rows"]), len(after.context["rows"])) == (1, 0)


def test_an_event_says_why_it_was_not_delivered_as_its_customer_reads_it(staff):
    feed = factories.feed()
    factories.append(feed, 1)

    page = staff.get(reverse("admin:streams_feed_event", args=[feed.pk, 1]))

    assert "Segment isn&#x27;t connected." in page.text
    assert "delivery stopped" not in page.text
