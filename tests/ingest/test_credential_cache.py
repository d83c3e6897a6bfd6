from __future__ import annotations

import pytest

from streams.events.models import Feed
from streams.ingest.credentials.authentication import from_body
from streams.ingest.credentials.credential_cache import (
    FRESH_S,
    IN_USE_S,
    REFRESH_S,
    CredentialCache,
)
from tests import factories

pytestmark = pytest.mark.django_db


class Clock:
    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(clock):
    return CredentialCache(clock)


def connected_key():
    feed = factories.cursor(factories.connection()).feed
    return from_body(factories.ingest_key(feed).text)


def pass_a_second(cache, clock, *used):
    """Use keys, then refresh as soon as it is due."""
    for key in used:
        cache.cached(key)
    clock.seconds += REFRESH_S
    cache.refresh()


def test_a_key_in_constant_use_stays_cached(cache, clock):
    key = connected_key()
    known = cache.look_up(key)

    for _ in range(10):
        pass_a_second(cache, clock, key)

    assert cache.cached(key) == known


def test_a_key_used_within_a_minute_stays_cached(cache, clock):
    key = connected_key()
    known = cache.look_up(key)

    for _ in range(round(IN_USE_S) - 1):
        pass_a_second(cache, clock)

    assert cache.cached(key) == known


def test_an_unused_key_is_looked_up_again(cache, clock):
    key = connected_key()
    cache.look_up(key)

    for _ in range(round(IN_USE_S + FRESH_S)):
        pass_a_second(cache, clock)

    assert cache.cached(key) is None


def test_of_too_many_keys_the_most_recently_used_are_kept(cache, clock, monkeypatch):
    monkeypatch.setattr("streams.ingest.credentials.credential_cache.MOST_IN_USE", 1)
    first, second = connected_key(), connected_key()
    for key in (first, second):
        clock.seconds += 0.001
        cache.look_up(key)

    for _ in range(round(FRESH_S)):
        pass_a_second(cache, clock)

    assert cache.cached(first) is None
    assert cache.cached(second)


def test_a_replaced_key_is_refused_after_the_next_refresh(cache, clock):
    key = connected_key()
    cache.look_up(key)
    factories.ingest_key(Feed.objects.get())

    pass_a_second(cache, clock, key)

    assert cache.cached(key) is False


def test_all_keys_in_use_are_looked_up_together(
    cache, clock, django_assert_num_queries
):
    keys = [connected_key() for _ in range(5)]
    for key in keys:
        cache.look_up(key)

    with django_assert_num_queries(2):  # the keys, and the rules of their streams
        pass_a_second(cache, clock, *keys)

    assert all(cache.cached(key) for key in keys)


def test_two_threads_that_find_a_refresh_due_run_it_once(
    cache, clock, django_assert_num_queries
):
    key = connected_key()
    cache.look_up(key)
    cache.cached(key)
    clock.seconds += REFRESH_S

    with django_assert_num_queries(2):
        cache.refresh()
        cache.refresh()
