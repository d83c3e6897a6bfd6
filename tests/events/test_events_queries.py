from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from streams.events.log import FeedAddition, append, append_released
from streams.events.models import SeenMessage
from streams.events.queries import event
from streams.events.search import scan
from streams.events.search.event_filter import EventFilter
from streams.events.search.payload_condition import (
    AnonymousIdIs,
    EmailIs,
    PropertyIs,
)
from streams.events.search.scan import page
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
        ({"message_id": "m-3"}, [3]),
        ({"message_id": "m-3", "user_id": "bo"}, []),
        ({"message_id": "m"}, []),
        ({}, [4, 3, 2, 1]),
    ],
)
def test_filters_narrow_the_list(filters, expected):
    feed = factories.feed()
    add(feed, event="Email Opened", userId="al")
    add(feed, event="Unsubscribed", userId="bo")
    add(feed, type="page", event=None, name="Home", userId="al", messageId="m-3")
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
    monkeypatch.setattr(scan, "FIRST_WINDOW", 3)
    feed = factories.feed()
    add(feed, event="Wanted")
    factories.append(feed, 7)
    wanted = EventFilter(name="Wanted")

    first = page(feed, filters=wanted, budget_s=0)
    second = page(feed, before=first.next_before, filters=wanted, budget_s=0)
    third = page(feed, before=second.next_before, filters=wanted, budget_s=0)

    assert (first.events, first.searched_to, first.next_before) == ([], 6, 6)
    assert (second.events, second.searched_to) == ([], 3)
    assert (shown(third), third.next_before) == ([1], None)
    assert [(p.searched, p.total) for p in (first, second, third)] == [
        (3, 8), (6, 8), (8, 8),
    ]  # fmt: skip


def test_a_search_with_time_left_goes_on_to_the_end(monkeypatch):
    monkeypatch.setattr(scan, "FIRST_WINDOW", 3)
    feed = factories.feed()
    add(feed, event="Wanted")
    factories.append(feed, 7)

    found = page(feed, filters=EventFilter(name="Wanted"), budget_s=60)

    assert (shown(found), found.next_before, found.goes_on) == ([1], None, False)


def test_a_search_ends_with_the_oldest_retained_event(monkeypatch):
    monkeypatch.setattr(scan, "FIRST_WINDOW", 3)
    feed = factories.feed()
    factories.append(feed, 8)
    feed.expired_seq = 5

    first = page(feed, filters=EventFilter(name="Wanted"), budget_s=0)
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


def test_a_message_that_deduplication_forgot_is_still_found():
    feed = factories.feed()
    add(feed, messageId="old")
    add(feed, now=factories.NOW + HOUR)
    SeenMessage.objects.all().delete()

    assert shown(page(feed, filters=EventFilter(message_id="old"))) == [1]


def test_a_message_is_found_without_a_search_of_newer_events(monkeypatch):
    monkeypatch.setattr(scan, "FIRST_WINDOW", 2)
    feed = factories.feed()
    add(feed, messageId="mine")
    for minutes in range(1, 9):
        add(feed, now=factories.NOW + timedelta(minutes=minutes))

    found = page(feed, filters=EventFilter(message_id="mine"), budget_s=0)

    assert (shown(found), found.goes_on) == ([1], False)


def test_a_message_released_from_quarantine_is_found_where_it_was_stored():
    feed = factories.feed()
    factories.quarantined(feed, messageId="late")
    add(feed, now=factories.NOW + HOUR)
    with transaction.atomic():
        append_released(
            FeedAddition(feed.pk, [factories.event(messageId="late")]),
            now=factories.NOW + 2 * HOUR,
        )
    feed.refresh_from_db()

    assert shown(page(feed, filters=EventFilter(message_id="late"))) == [2]


LONG = "x" * 199


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (EventFilter(content=(AnonymousIdIs("anon"),)), [2]),
        (EventFilter(content=(EmailIs("ada@example.com"),)), [4, 3]),
        (EventFilter(content=(EmailIs("Ada@Example.com"),)), [4, 3]),
        (EventFilter(content=(EmailIs("Eve@Example.com"),)), [8]),
        (EventFilter(content=(EmailIs("eve@example.com"),)), []),
        (EventFilter(content=(EmailIs('böb"\\</script>😀@example.com'),)), [5]),
        (EventFilter(content=(PropertyIs.parse("properties.plan = pro"),)), [1]),
        (EventFilter(content=(PropertyIs.parse("properties.seats=3"),)), [2, 1]),
        (EventFilter(user_id=LONG + "ab"), [6]),
        (EventFilter(user_id=LONG + "ac"), []),
        (EventFilter(user_id=LONG + "a"), [7]),
        (EventFilter(user_id=LONG), []),
    ],
)
def test_events_are_found_by_their_content(condition, expected):
    feed, ada = factories.feed(), {"email": "ada@example.com"}
    add(feed, properties={"plan": "pro", "seats": 3, "email": "ada@example.com"})
    add(feed, anonymousId="anon", properties={"plan": "Pro", "seats": "3"})
    add(feed, type="identify", event=None, traits=ada, properties={"seats": 33})
    add(feed, context={"traits": ada}, properties={"anonymousId": "anon"})
    add(feed, traits={"email": 'böb"\\</script>😀@example.com'})
    add(feed, userId=LONG + "ab")
    add(feed, userId=LONG + "a")
    add(feed, traits={"email": "Eve@Example.com"})

    assert shown(page(feed, filters=condition)) == expected


def test_a_search_by_content_continues_after_events_that_only_look_alike(monkeypatch):
    monkeypatch.setattr(scan, "CHECKED", 2)
    feed = factories.feed()
    add(feed, anonymousId="anon")
    for _ in range(5):
        add(feed, properties={"anonymousId": "anon"})
    wanted = EventFilter(content=(AnonymousIdIs("anon"),))

    first = page(feed, filters=wanted, budget_s=0)
    rest = page(feed, filters=wanted, before=first.next_before, budget_s=60)

    assert (first.events, first.searched_to, shown(rest)) == ([], 5, [1])
