from __future__ import annotations

import pytest

from streams.delivery.connection.services import delete
from streams.observability.backlog import Backlog, measure, storage_full
from tests import factories

pytestmark = pytest.mark.django_db


def waiting(settings, *, feed=0, total=0) -> Backlog:
    settings.MAX_FEED_BACKLOG_EVENTS, settings.MAX_BACKLOG_EVENTS = feed, total
    return measure()


def test_queued_events_are_added_up_over_all_feeds():
    factories.due_cursor(events=3)
    factories.due_cursor(4, factories.connection(status="paused"))
    sent = factories.due_cursor(events=5)
    factories.delivered(sent, 5)
    factories.append(factories.feed(), 2)  # never connected

    assert measure().waiting == 9


def test_events_taken_over_by_a_new_connection_count_once():
    cursor = factories.due_cursor(events=4)
    delete(connection=cursor.connection, actor=None)
    assert measure().waiting == 4

    factories.cursor(
        factories.connection(cursor.feed), due_at=factories.NOW, start=1, position=1
    )

    assert measure().waiting == 3


def test_expired_events_are_not_queued():
    feed = factories.feed()
    factories.append(feed, 3)
    feed.expired_seq = 2
    feed.save()

    assert measure().waiting == 1


def test_a_feed_is_full_at_its_limit_and_others_are_not(settings):
    full = factories.due_cursor(events=3)
    factories.due_cursor(events=2)

    found = waiting(settings, feed=3)

    assert (found.full_feeds, found.waiting) == ({full.feed_id}, 5)
    assert not found.takes_nothing


@pytest.mark.parametrize(("total", "full"), [(0, False), (6, False), (5, True)])
def test_all_feeds_together_have_a_limit_and_0_means_none(settings, total, full):
    factories.due_cursor(events=3)
    factories.due_cursor(events=2)

    found = waiting(settings, total=total)

    assert (found.backlog_full, found.takes_nothing) == (full, full)
    assert found.full_feeds == frozenset()


def test_nothing_is_queued_in_a_portal_without_feeds():
    assert measure() == Backlog()


def test_a_disk_below_its_minimum_is_full(settings):
    settings.MIN_FREE_DISK_BYTES = 2**60

    assert measure().storage_full


def test_a_database_above_its_limit_is_full(settings):
    assert not storage_full()

    settings.MAX_DATABASE_BYTES = 1

    assert storage_full()


def test_a_missing_folder_has_no_minimum(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "nowhere"

    assert not storage_full()


@pytest.mark.parametrize("count", [1, 3])
def test_a_check_takes_one_statement(count, django_assert_num_queries):
    for _ in range(count):
        factories.due_cursor(events=1)

    with django_assert_num_queries(1):
        assert measure().waiting == count
