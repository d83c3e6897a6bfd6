"""Rows locked by another session delay their own connection and no other."""

from __future__ import annotations

import time

import pytest
from django.db import connection
from django.db.models.functions import Now

from streams.base.clock import now
from streams.delivery import lease
from streams.delivery.models import Cursor, Delivery, Lease
from tests import factories
from tests.delivery.background_drain import at_work
from tests.delivery.test_lease import run_out
from tests.faults.row_locks import LOCK_TIMEOUT_S, held
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _sandbox(segment, settings):
    settings.SANDBOX_URL = segment.url


def due(stream):
    cursor = factories.cursor(factories.connection(factories.feed(stream)))
    factories.append(cursor.feed, 1, now=now())
    return cursor


def delivered(cursor):
    return Delivery.objects.filter(cursor=cursor).exists()


def test_a_response_that_arrives_after_the_lease_was_lost_is_recorded(
    segment, settings
):
    settings.LEASE_S = 1.5
    segment.behave({"then": {"delay_s": 1.5}})
    cursor = due(factories.stream())

    with at_work(cursor.stream) as work:
        until(lambda: segment.stats()["requests"])
        run_out(cursor.stream)
        until(lambda: delivered(cursor))

    assert work.was_lost
    assert segment.stats()["requests"] == 1


def test_the_next_owner_waits_if_the_last_one_did_not_release(segment):
    cursor = due(factories.stream())
    lease.take(cursor.stream_id)
    run_out(cursor.stream)

    taken_at = time.monotonic()
    with at_work(cursor.stream):
        until(lambda: segment.stats()["requests"])
        waited_s = time.monotonic() - taken_at

    assert waited_s >= lease.AFTER_UNRELEASED_S


def test_a_lease_is_renewed_on_a_new_connection():
    stream = factories.stream()
    owned = lease.take(stream.pk)
    before = Lease.objects.get(pk=stream.pk).until

    owned.keep()
    assert Lease.objects.get(pk=stream.pk).until == before
    connection.close()
    owned.keep()

    assert Lease.objects.get(pk=stream.pk).until > before


def test_a_lease_unknown_to_the_database_is_lost_even_on_a_new_connection():
    """As on a standby that lagged: by our own clock, the lease is still valid."""
    stream = factories.stream()
    owned = lease.take(stream.pk)
    Lease.objects.filter(pk=stream.pk).update(until=Now())
    connection.close()

    assert owned.remaining_s > 0
    with pytest.raises(lease.LeaseLost):
        owned.keep()


if connection.vendor == "postgresql":  # SQLite has no row locks

    def test_a_result_whose_cursor_is_locked_is_written_later(segment):
        stream = factories.stream()
        stuck, other = due(stream), due(stream)

        with at_work(stream):
            with held(stuck):
                until(lambda: delivered(other))
                until(lambda: segment.stats()["requests"] == 2)
                factories.append(other.feed, 1, now=now())
                Cursor.objects.filter(pk=other.pk).update(due_at=now())
                until(lambda: Delivery.objects.filter(cursor=other).count() == 2)
                meanwhile = delivered(stuck)
            until(lambda: delivered(stuck))

        assert not meanwhile
        assert segment.stats()["duplicates"] == 0

    def test_renewing_a_locked_lease_does_not_wait(settings):
        settings.LEASE_S = 3.0
        stream = factories.stream()
        owned = lease.take(stream.pk)
        time.sleep(1.5)  # more than a third of the term

        with held(Lease.objects.get(pk=stream.pk)):
            asked_at = time.monotonic()
            owned.keep()
            assert lease.take(stream.pk) is None
            took_s = time.monotonic() - asked_at
            until(lambda: owned.remaining_s < 0)
            with pytest.raises(lease.LeaseLost):
                owned.keep()

        assert took_s < LOCK_TIMEOUT_S
