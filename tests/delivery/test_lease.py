from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from streams.base.clock import now
from streams.delivery import lease
from streams.delivery.engine.due_cursors import unowned_due_streams
from streams.delivery.models import Cursor, Lease
from tests import factories

pytestmark = pytest.mark.django_db


def run_out(stream) -> None:
    Lease.objects.filter(stream=stream).update(until=Now() - timedelta(seconds=1))


def test_a_stream_has_one_owner_at_a_time():
    stream = factories.stream()

    assert lease.take(stream.pk) is not None
    assert lease.take(stream.pk) is None


def test_an_expired_lease_is_free():
    stream = factories.stream()
    lease.take(stream.pk)

    run_out(stream)

    assert lease.take(stream.pk) is not None


def test_a_released_lease_is_free():
    stream = factories.stream()
    owned = lease.take(stream.pk)

    owned.release()

    assert lease.take(stream.pk) is not None


def test_an_owner_keeps_its_lease_by_renewing_it(settings):
    settings.LEASE_S = 10.0
    stream = factories.stream()
    owned = lease.take(stream.pk)
    settings.LEASE_S = 30.0  # now less than two thirds remain

    owned.keep()

    assert owned.remaining_s > 20


def test_an_owner_notices_that_its_lease_expired_while_it_slept(settings):
    stream = factories.stream()
    owned = lease.take(stream.pk)
    run_out(stream)
    settings.LEASE_S = 30.0

    with pytest.raises(lease.LeaseLost):
        owned.keep()


def test_a_former_owner_does_not_release_the_next_owners_lease(settings):
    stream = factories.stream()
    slow = lease.take(stream.pk)
    run_out(stream)
    lease.take(stream.pk)

    slow.release()

    assert lease.take(stream.pk) is None


def test_the_sweep_finds_due_streams_without_an_owner():
    waiting, owned, idle = (
        factories.due_cursor(),
        factories.due_cursor(),
        factories.cursor(),
    )
    lease.take(owned.stream_id)

    found = unowned_due_streams(now())

    assert found == [waiting.stream_id]
    assert idle.stream_id not in found


def test_held_cursors_and_those_not_yet_due_wake_no_worker():
    held, later = factories.due_cursor(), factories.due_cursor()
    Cursor.objects.filter(pk=held.pk).update(held=True)
    Cursor.objects.filter(pk=later.pk).update(due_at=now() + timedelta(minutes=5))

    assert unowned_due_streams(now()) == []
