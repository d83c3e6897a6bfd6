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
    """Use keys, then refresh as soon as it is time."""
    for key in used:
        cache.cached(key)
    clock.seconds += REFRESH_S
    cache.refresh()


def test_a_key_that_is_used_all_the_time_is_never_forgotten(cache, clock):
    key = connected_key()
    known = cache.look_up(key)

    for _ in range(10):
        pass_a_second(cache, clock, key)

    assert cache.cached(key) == known


def test_a_key_that_was_used_within_a_minute_is_not_forgotten(cache, clock):
    key = connected_key()
    known = cache.look_up(key)

    for _ in range(round(IN_USE_S) - 1):
        pass_a_second(cache, clock)

    assert cache.cached(key) == known


def test_a_key_that_nobody_uses_is_asked_for_again(cache, clock):
    key = connected_key()
    cache.look_up(key)

    for _ in range(round(IN_USE_S + FRESH_S)):
        pass_a_second(cache, clock)

    assert cache.cached(key) is None


def test_of_very_many_keys_those_used_last_are_kept(cache, clock, monkeypatch):
    monkeypatch.setattr("streams.ingest.credentials.credential_cache.MOST_IN_USE", 1)
    first, second = connected_key(), connected_key()
    for key in (first, second):
        clock.seconds += 0.001
        cache.look_up(key)

    for _ in range(round(FRESH_S)):
        pass_a_second(cache, clock)

    assert cache.cached(first) is None
    assert cache.cached(second)


def test_a_key_that_was_replaced_is_refused_after_the_next_refresh(cache, clock):
    key = connected_key()
    cache.look_up(key)
    factories.ingest_key(Feed.objects.get())

    pass_a_second(cache, clock, key)

    assert cache.cached(key) is False


def test_all_keys_in_use_are_asked_for_together(
    cache, clock, django_assert_num_queries
):
    keys = [connected_key() for _ in range(5)]
    for key in keys:
        cache.look_up(key)

    with django_assert_num_queries(2):  # the keys, and the rules of their streams
        pass_a_second(cache, clock, *keys)

    assert all(cache.cached(key) for key in keys)


def test_two_who_find_it_due_ask_once(cache, clock, django_assert_num_queries):
    key = connected_key()
    cache.look_up(key)
    cache.cached(key)
    clock.seconds += REFRESH_S

    with django_assert_num_queries(2):
        cache.refresh()
        cache.refresh()
