"""A search through many feeds: its order, its steps, and what it finds while events arrive."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.events.message_lookup import find_message
from streams.events.models import Feed
from streams.events.search.across_feeds import InvalidPosition, Position, step
from streams.events.search.event_filter import EventFilter
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

WANTED = EventFilter(user_id="ada")


@pytest.fixture
def stream():
    return factories.stream()


def feed(stream, hour: int, *users: str) -> Feed:
    """Create a feed whose events arrived at that hour of the day."""
    made = factories.feed(stream)
    for user in users:
        factories.append(made, now=NOW.replace(hour=hour), userId=user)
    return made


def walked(stream, **options) -> list[list[int]]:
    """Return the feeds of the found events, by step."""
    steps, position = [], None
    while True:
        reached = step(
            Feed.objects.filter(stream=stream),
            WANTED,
            started_at=NOW.replace(hour=12),
            position=position,
            **options,
        )
        steps.append([found.pk for found, _ in reached.found])
        if reached.position is None:
            assert reached.searched == reached.total
            return steps
        position = Position.parse(str(reached.position))


def test_the_feeds_with_the_latest_events_are_searched_first(stream):
    early = feed(stream, 3, "ada", "bob", "ada")
    late = feed(stream, 9, "bob", "ada")
    feed(stream, 5, "bob")

    assert walked(stream) == [[late.pk, early.pk, early.pk]]


def test_a_step_ends_after_its_time_and_the_next_one_continues(stream):
    early = feed(stream, 3, "ada")
    late = feed(stream, 9, "ada")

    assert walked(stream, budget_s=0) == [[late.pk], [early.pk]]


def test_a_step_ends_after_its_limit_and_the_next_one_continues(stream):
    early = feed(stream, 3, "ada", "ada", "ada")
    late = feed(stream, 9, "ada")

    steps = walked(stream, limit=2)

    assert [pk for found in steps for pk in found] == [late.pk, *[early.pk] * 3]
    assert max(len(found) for found in steps) == 2


def test_a_feed_that_receives_events_during_the_search_is_not_skipped(stream):
    early = feed(stream, 3, "ada")
    late = feed(stream, 9, "ada")
    feeds, start = Feed.objects.filter(stream=stream), NOW.replace(hour=12)
    first = step(feeds, WANTED, started_at=start, budget_s=0)

    factories.append(early, now=start + timedelta(minutes=1), userId="bob")
    second = step(feeds, WANTED, started_at=start, position=first.position)

    assert [found.pk for found, _ in first.found] == [late.pk]
    assert [found.pk for found, _ in second.found] == [early.pk]


@pytest.mark.parametrize("text", ["", ".", "x.1", "1.x", "99999999.5", "²."])
def test_a_position_that_is_none_is_refused(stream, text):
    with pytest.raises(InvalidPosition):
        step(
            Feed.objects.filter(stream=stream),
            WANTED,
            started_at=NOW,
            position=Position.parse(text),
        )


def test_a_message_is_found_in_each_feed_that_received_it(stream):
    first, second = feed(stream, 3, "ada"), feed(stream, 9, "bob")
    for one in (first, second):
        factories.append(one, now=NOW, messageId="m-4711")
    factories.append(factories.feed(), now=NOW, messageId="m-4711")

    found = find_message(Feed.objects.filter(stream=stream), "m-4711", limit=20)

    assert {(one.feed.pk, one.event.seq) for one in found} == {
        (first.pk, 2),
        (second.pk, 2),
    }
