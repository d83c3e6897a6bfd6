"""How many people a replay could add to this month's tracked users."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.tracked_users.kinds import SeenIds
from streams.tracked_users.previews import added_by_replay
from streams.tracked_users.store import add
from tests import factories

pytestmark = pytest.mark.django_db


def day(month: int, year: int = 2026) -> datetime:
    return datetime(year, month, 20, tzinfo=UTC)


@pytest.fixture
def feed():
    return factories.feed()


def people(feed, at, *user_ids, others=False):
    seen = SeenIds()
    for one in user_ids:
        (seen.add_of_others if others else seen.add)(feed.pk, one, "")
    add(seen, at=at)


def added(feed, since, until, now) -> int | None:
    found = added_by_replay(
        feed.pk,
        list(feed.workspace.feeds.values_list("pk", flat=True)),
        since=since,
        until=until,
        now=now,
    )
    return None if found.at_most is None else found.at_most.people


def test_everyone_in_earlier_months_counts_who_is_not_in_this_one(feed):
    people(feed, day(9), "u0")
    people(feed, day(10), "u1", "u2")
    people(feed, day(12), "u2", "u3")

    assert added(feed, day(10), day(12), day(12)) == 1
    assert added(feed, day(9), day(12), day(12)) == 2
    assert added(feed, day(12), day(12), day(12)) == 0


def test_months_of_two_years_are_compared(feed):
    people(feed, day(11), "u1")
    people(feed, day(1, 2027), "u2")

    assert added(feed, day(11), day(12), day(1, 2027)) == 1


def test_people_whom_another_stream_or_another_source_has_add_nothing(feed):
    other = factories.feed(factories.stream(), feed.workspace)
    people(feed, day(11), "u1", "u2", "u3")
    people(other, day(12), "u1")
    people(feed, day(12), "u2", others=True)

    assert added(feed, day(11), day(11), day(12)) == 1


def test_the_number_is_unknown_if_counting_began_within_the_period(feed):
    people(feed, day(10), "u1")  # the first people that were counted

    assert added(feed, datetime(2026, 10, 2, tzinfo=UTC), day(11), day(12)) is None
    assert added(feed, datetime(2026, 10, 2, tzinfo=UTC), day(10), day(10)) is None
    assert added(feed, day(10), day(11), day(12)) == 1


def test_the_number_is_unknown_if_people_were_not_counted_then(feed):
    people(feed, day(11), "u1")
    people(feed, day(9), "u1", others=True)

    assert added(feed, day(10), day(11), day(12)) is None
    assert added(feed, day(9), day(11), day(12)) is None
