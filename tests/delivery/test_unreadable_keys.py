"""A write key that a worker cannot decrypt: the operator can repair it."""

from __future__ import annotations

import threading

import pytest

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery.connection.verification import check_known
from streams.delivery.engine.drain import drain
from streams.delivery.models import Cursor, Delivery
from streams.observability.ledger import of as ledger_of
from streams.observability.readiness_checks import readiness
from streams.portal.status.decision import decide
from streams.portal.status.loading import snapshot_of
from tests import factories
from tests.connections.test_write_keys import ring

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cursor(settings, segment):
    """A due cursor whose key was encrypted by a process with a newer key."""
    settings.SANDBOX_URL = segment.url
    settings.ENCRYPTION_KEYS = ring("k2", "k1")
    made = factories.due_cursor(3)
    settings.ENCRYPTION_KEYS = ring("k1")
    return made


def work_off(cursor: Cursor) -> None:
    drain(cursor.stream_id, stop=threading.Event(), linger_s=0.0)
    cursor.refresh_from_db()


def state_of(cursor: Cursor) -> tuple[str, str, bool]:
    connection = Connection.objects.get(pk=cursor.connection_id)
    return connection.status, connection.status_reason, cursor.held


def test_the_connection_stays_active_and_is_retried(cursor, segment):
    work_off(cursor)

    assert state_of(cursor) == ("active", UNREADABLE, False)
    assert (cursor.position, cursor.failures) == (0, 1)
    assert cursor.due_at > now()
    assert not segment.requests
    assert not Delivery.objects.exists()
    assert not AuditEntry.objects.filter(action="connection.needs_attention").exists()


def test_the_connection_recovers_when_the_key_is_configured(cursor, segment, settings):
    work_off(cursor)
    settings.ENCRYPTION_KEYS = ring("k1", "k2")
    Cursor.objects.update(due_at=now())

    work_off(cursor)

    assert state_of(cursor) == ("active", "", False)
    assert (cursor.position, cursor.failures) == (3, 0)
    assert len(list(segment.events())) == 3


def test_a_paused_connection_keeps_its_reason(cursor):
    Connection.objects.update(status="paused", status_reason="By Ada.")

    work_off(cursor)

    assert state_of(cursor)[:2] == ("paused", "By Ada.")


def test_the_customer_sees_that_it_is_not_their_fault(cursor):
    work_off(cursor)
    connection = Connection.objects.get()

    shown = decide(snapshot_of(connection, cursor, ledger_of(cursor.feed), now()))

    assert (shown.tone, shown.word) == ("warn", "Waiting for operator")
    assert UNREADABLE in shown.detail
    assert "Segment" not in shown.title + shown.detail


def test_readyz_names_the_missing_keys(cursor):
    part = readiness(now())["keys"]

    assert (part.ok, part.detail) == (
        False,
        "ENCRYPTION_KEYS lacks keys that encrypted secrets need: k2.",
    )


def test_readyz_of_a_process_with_the_key_reports_that_a_worker_lacks_it(
    cursor, settings
):
    work_off(cursor)
    settings.ENCRYPTION_KEYS = ring("k2", "k1")

    part = readiness(now())["keys"]

    assert not part.ok
    assert "Start every worker with the same ENCRYPTION_KEYS" in part.detail


def test_a_page_that_cannot_decrypt_the_key_says_that_it_could_not_verify_it(cursor):
    assert check_known(connection=Connection.objects.get()) is None
