from __future__ import annotations

from datetime import timedelta

import pytest

from streams.events.time_index import last_before
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def feed():
    """Events 1 to 9, received 0, 1, 1, 14, 15, 16, 16, 16 and 90 minutes after NOW."""
    feed = factories.feed()
    for minute in (0, 1, 1, 14, 15, 16, 16, 16, 90):
        factories.append(feed, 1, now=factories.NOW + minute * MINUTE)
    return feed


@pytest.mark.parametrize(
    ("minute", "seq"),
    [(-1, 0), (0, 0), (0.5, 1), (1, 1), (2, 3), (14, 3), (14.5, 4), (15, 4), (15.5, 5),
     (16, 5), (17, 8), (89, 8), (90, 8), (91, 9), (9000, 9)],
)  # fmt: skip
def test_a_time_maps_to_the_last_event_before_it(feed, minute, seq):
    assert last_before(feed, factories.NOW + minute * MINUTE) == seq


def test_expired_events_are_not_read(feed):
    factories.expired(feed, 6)

    found = [
        last_before(feed, factories.NOW + minute * MINUTE) for minute in (0, 16, 17)
    ]

    assert found == [6, 6, 8]


def test_a_feed_without_events_has_none_before_any_time():
    assert last_before(factories.feed(), factories.NOW) == 0


@pytest.mark.parametrize("events", [10, 1000])
def test_the_number_of_rows_read_does_not_grow_with_the_feed(
    events, django_assert_max_num_queries
):
    feed = factories.feed()
    factories.append(feed, events)
    factories.append(feed, events, now=factories.NOW + MINUTE)

    with django_assert_max_num_queries(3 + 12):
        assert last_before(feed, factories.NOW + MINUTE) == events
