"""Repair of due times after a clock was set back by an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db.models.functions import Now

from streams.base.clock import now
from streams.delivery import clock_repair, lease
from streams.delivery.engine.due_cursors import unowned_due_streams
from streams.delivery.models import Cursor, Lease
from tests import factories

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def change(cursor, **fields):
    Cursor.objects.filter(pk=cursor.pk).update(**fields)


def test_a_cursor_due_in_the_future_without_a_reason_is_due_at_once():
    cursor = factories.due_cursor()
    change(cursor, due_at=Now() + HOUR)

    clock_repair.mend()

    assert unowned_due_streams(Now()) == [cursor.stream_id]


def test_a_failure_in_the_future_is_retried():
    cursor = factories.due_cursor()
    change(cursor, due_at=Now() + HOUR, failures=1, failing_since=Now() + HOUR)

    clock_repair.mend()

    assert unowned_due_streams(Now()) == [cursor.stream_id]


def test_a_cursor_that_backs_off_keeps_its_wait():
    cursor = factories.due_cursor()
    change(cursor, due_at=Now() + HOUR, failures=1, failing_since=Now())

    clock_repair.mend()

    assert unowned_due_streams(Now()) == []


def test_a_dead_owners_lease_ends_after_one_term_and_not_after_an_hour(settings):
    stream = factories.stream()
    lease.take(stream.pk)
    Lease.objects.update(until=Now() + HOUR)

    clock_repair.mend()

    term = timedelta(seconds=settings.LEASE_S)
    assert lease.take(stream.pk) is None
    assert not Lease.objects.filter(until__gt=Now() + term).exists()


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_lease_follows_the_databases_clock(off):
    cursor = factories.due_cursor()
    true = now()

    with time_machine.travel(true + off, tick=True):
        owned = lease.take(cursor.stream_id)

        assert abs(owned.now - true) < timedelta(minutes=1)


def test_events_appended_by_an_ingest_with_a_fast_clock_are_due_at_once():
    cursor = factories.cursor()

    factories.append(cursor.feed, now=now() + HOUR)

    assert unowned_due_streams(Now()) == [cursor.stream_id]
