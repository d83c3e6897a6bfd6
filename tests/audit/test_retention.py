from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from streams.audit.models import AuditEntry
from streams.audit.retention import KEPT, MIN_DAYS, forget
from streams.base.clock import now
from streams.prune import prune

pytestmark = pytest.mark.django_db


def entry(action: str = "connection.paused", *, days: float) -> AuditEntry:
    return AuditEntry.objects.create(action=action, at=now() - timedelta(days=days))


def left() -> list[AuditEntry]:
    return list(AuditEntry.objects.order_by("pk"))


def test_entries_are_deleted_after_their_retention(settings):
    settings.ACTIVITY_RETENTION_DAYS = 400
    for _ in range(5):
        entry(days=401)
    young = [entry(days=399), entry(days=0)]

    assert forget(now()) == 5
    assert left() == young
    assert forget(now()) == 0


def test_the_hourly_prune_deletes_them(settings):
    settings.ACTIVITY_RETENTION_DAYS = 365
    entry(days=366)

    assert prune(now=now()).rows["streams_auditentry"] == 1


def test_entries_that_account_for_events_and_stages_stay(settings):
    settings.ACTIVITY_RETENTION_DAYS = 365
    kept = [entry(f"{prefix}expired", days=5_000) for prefix in KEPT]
    entry(days=5_000)

    assert forget(now()) == 1
    assert left() == kept


def test_an_old_entry_among_newer_ones_is_found(settings):
    settings.ACTIVITY_RETENTION_DAYS = 365
    for days in (900, 800, 700):
        entry(days=days)
    newer = [entry(days=days) for days in range(300, 0, -30)]

    assert forget(now()) == 3
    assert left() == newer


def test_without_entries_nothing_is_deleted():
    assert forget(now()) == 0


@pytest.mark.parametrize(
    "tamper",
    [
        lambda entries: entries.update(action="stream.approved"),
        lambda entries: entries.delete(),
    ],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_delete_a_young_entry_and_to_change_any(tamper):
    entry(days=MIN_DAYS - 1)

    with (
        pytest.raises(DatabaseError, match="an audit entry is never changed"),
        transaction.atomic(),
    ):
        tamper(AuditEntry.objects.all())

    assert left()[0].action == "connection.paused"


def test_the_database_refuses_to_change_an_old_entry():
    entry(days=5_000)

    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
    ):
        AuditEntry.objects.update(action="stream.approved")
