from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from streams.events import queries as reading
from streams.events.log import FeedAddition, append
from streams.events.queries import EventFilter, event, page
from tests import factories

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def add(feed, *, now=factories.NOW, **changes):
    """Add an event, received at `now`; return its number."""
    with transaction.atomic():
        [[seq]] = append([FeedAddition(feed.pk, [factories.event(**changes)])], now=now)
    feed.refresh_from_db()
    return seq


def shown(found):
    return [event.seq for event in found.events]


def test_the_newest_events_come_first_in_pages():
    feed = factories.feed()
    factories.append(feed, 5)

    first = page(feed, limit=2)
    second = page(feed, before=first.next_before, limit=2)
    last = page(feed, before=second.next_before, limit=2)

    assert [shown(first), shown(second), shown(last)] == [[5, 4], [3, 2], [1]]
    assert (last.next_before, last.searched_to) == (None, 1)


def test_a_page_that_ends_with_the_oldest_event_is_the_last():
    feed = factories.feed()
    factories.append(feed, 2)

    found = page(feed, limit=2)

    assert (shown(found), found.next_before) == ([2, 1], None)


def test_a_feed_without_events_has_one_empty_page():
    found = page(factories.feed())

    assert (found.events, found.next_before, found.searched_to) == ([], None, 0)


def test_another_feed_shows_none_of_this_ones_events():
    factories.append(factories.feed(), 3)
    other = factories.feed()
    factories.append(other, 1)

    assert shown(page(other)) == [1]
    assert event(other, 2) is None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"name": "email"}, [4, 1]),
        ({"name": "Email Opened"}, [1]),
        ({"type": "page"}, [3]),
        ({"user_id": "bo"}, [2]),
        ({"name": "email", "user_id": "al"}, [1]),
        ({}, [4, 3, 2, 1]),
    ],
)
def test_filters_narrow_the_list(filters, expected):
    feed = factories.feed()
    add(feed, event="Email Opened", userId="al")
    add(feed, event="Unsubscribed", userId="bo")
    add(feed, type="page", event=None, name="Home", userId="al")
    add(feed, event="Email Bounced", userId="cy")

    assert shown(page(feed, filters=EventFilter(**filters))) == expected


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, [5, 4, 3, 2, 1]),
        (timedelta(minutes=5), None, [5, 4, 3]),
        (timedelta(minutes=4, seconds=59), None, [5, 4, 3, 2]),
        (None, timedelta(minutes=4), [1]),
        (timedelta(minutes=1), HOUR, [4, 3, 2]),
        (2 * HOUR, None, []),
        (None, timedelta(0), []),
    ],
)
def test_a_time_range_is_exact_to_the_second(since, until, expected):
    feed = factories.feed()
    times = [0, 4, 10, 16, 90]  # minutes: three quarters of an hour, and a later one
    times[1] = 5 - 1 / 60
    for minutes in times:
        add(feed, now=factories.NOW + timedelta(minutes=minutes))
    filters = EventFilter(
        since=None if since is None else factories.NOW + since,
        until=None if until is None else factories.NOW + until,
    )

    assert shown(page(feed, filters=filters)) == expected


def test_a_search_reads_a_bounded_number_of_events_and_says_how_far_it_got(monkeypatch):
    monkeypatch.setattr(reading, "SCAN", 3)
    feed = factories.feed()
    add(feed, event="Wanted")
    factories.append(feed, 7)
    wanted = EventFilter(name="Wanted")

    first = page(feed, filters=wanted)
    second = page(feed, before=first.next_before, filters=wanted)
    third = page(feed, before=second.next_before, filters=wanted)

    assert (first.events, first.searched_to, first.next_before) == ([], 6, 6)
    assert (second.events, second.searched_to) == ([], 3)
    assert (shown(third), third.next_before) == ([1], None)


def test_a_search_ends_with_the_oldest_retained_event(monkeypatch):
    monkeypatch.setattr(reading, "SCAN", 3)
    feed = factories.feed()
    factories.append(feed, 8)
    feed.expired_seq = 5

    first = page(feed, filters=EventFilter(name="Wanted"))
    beyond = page(feed, before=6)

    assert (first.searched_to, first.next_before) == (6, None)
    assert (beyond.events, beyond.next_before) == ([], None)


def test_an_expired_event_is_not_shown_even_if_its_row_exists():
    feed = factories.feed()
    factories.append(feed, 3)
    feed.expired_seq = 2

    assert shown(page(feed)) == [3]
    assert (event(feed, 2), event(feed, 3).seq) == (None, 3)


def test_one_event_comes_with_its_payload():
    feed = factories.feed()
    add(feed)
    add(feed, messageId="mine", now=factories.NOW + HOUR)

    found = event(feed, 2)

    assert (found.message_id, b'"messageId":"mine"' in bytes(found.payload)) == (
        "mine",
        True,
    )


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_two_queries_and_reads_no_payload(
    count, django_assert_num_queries
):
    feed = factories.feed()
    factories.append(feed, count)

    with django_assert_num_queries(2) as queries:
        found = page(feed)

    assert len(found.events) == count
    assert not any("payload" in query["sql"] for query in queries.captured_queries)
