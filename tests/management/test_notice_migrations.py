"""The migrations of notices scan no rows while others wait for the table."""

from __future__ import annotations

from contextlib import closing

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from streams.alerts.models import Notice
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = "0036_muted_alerts"
NOT_VALIDATED = "0052_notice_of_endpoint"


@pytest.fixture
def latest():
    """Migrate to the latest version at the end."""
    yield
    call_command("migrate", "streams", verbosity=0)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "streams_notice")
    return {name for name, one in found.items() if one["columns"] == ["endpoint_id"]}


def test_the_migrations_of_notices_can_be_reversed_and_keep_the_rule(latest):
    notice = factories.alert().notices.get()
    call_command("migrate", "streams", BEFORE, verbosity=0)
    call_command("migrate", "streams", verbosity=0)

    assert Notice.objects.get() == notice
    assert "notice_of_endpoint" in indexes()
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.update(alert=None)


def test_the_index_of_all_notices_that_an_early_copy_built_is_replaced(latest):
    call_command("migrate", "streams", "0051_replaced_ingest_keys", verbosity=0)
    early = "streams_notice_endpoint_id_0a1b2c3d"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX {early} ON streams_notice (endpoint_id)")

    call_command("migrate", "streams", verbosity=0)

    assert early not in indexes()


if connection.vendor == "postgresql":

    def is_validated() -> bool:
        name = "notice_has_alert_or_other_reason"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT convalidated FROM pg_constraint WHERE conname = %s", [name]
            )
            return cursor.fetchone()[0]

    def test_the_rows_are_checked_while_others_write(latest):
        factories.alert()
        call_command("migrate", "streams", BEFORE, verbosity=0)
        call_command("migrate", "streams", NOT_VALIDATED, verbosity=0)
        assert not is_validated()

        with closing(connection.copy()) as other:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("UPDATE streams_notice SET attempts = 1")
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
            other.rollback()

        assert is_validated()
