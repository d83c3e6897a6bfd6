"""`migrate` beside running processes: it waits only briefly, and blocks nothing."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.models.signals import post_migrate

from streams.audit.models import AuditEntry
from streams.base.database.safe_migrations import (
    LOCK_TIMEOUT_MS,
    LockNotAvailable,
    in_batches,
    with_short_locks,
)
from streams.tenancy.models import User
from tests import factories
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_come_in_batches_across_gaps_and_once_each():
    people = [factories.user() for _ in range(7)]
    people[3].delete()

    found = [
        list(b.values_list("pk", flat=True)) for b in in_batches(User.objects, size=2)
    ]

    assert all(1 <= len(batch) <= 2 for batch in found)
    left = [p.pk for p in people if p.pk]
    assert [pk for batch in found for pk in batch] == left


def test_without_rows_there_is_no_batch():
    assert list(in_batches(User.objects.none())) == []


if connection.vendor == "postgresql":

    @pytest.fixture
    def reader():
        """A transaction that has read all relevant tables, as pg_dump does."""
        with closing(connection.copy()) as other:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM streams_feed")
            yield other
            other.rollback()

    def alter():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE streams_feed ADD COLUMN drill integer")
            cursor.execute("ALTER TABLE streams_feed DROP COLUMN drill")

    def test_appends_continue_while_a_change_waits_for_a_reader(reader):
        feed, said = factories.feed(), []

        def change():
            with_short_locks(connection, alter, say=said.append)
            connections.close_all()

        changing = threading.Thread(target=change)
        changing.start()
        slowest_s = 0.0
        while len(said) < 2:
            began = time.monotonic()
            factories.append(feed, 1)
            slowest_s = max(slowest_s, time.monotonic() - began)
        reader.rollback()
        until(lambda: not changing.is_alive())

        assert slowest_s < 8.0  # twice the lock timeout, on a busy machine
        assert said[:2] == [
            "A table is in use. Retrying in 1 s.",
            "A table is in use. Retrying in 2 s.",
        ]

    def test_a_change_gives_up_before_the_sessions_behind_it():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'"
            )
            assert cursor.fetchone()[0] > LOCK_TIMEOUT_MS

    def test_it_gives_up_and_says_what_to_do(reader):
        with pytest.raises(LockNotAvailable, match="pg_stat_activity"):
            with_short_locks(connection, alter, say=print, give_up_after_s=0.5)

    def test_migrate_sets_the_timeout():
        seen = []

        def look(**_):
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                seen.append(cursor.fetchone()[0])

        post_migrate.connect(look)
        try:
            call_command("migrate", verbosity=0)
        finally:
            post_migrate.disconnect(look)

        assert set(seen) == {f"{LOCK_TIMEOUT_MS}ms"}
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone()[0] == "0"

    def test_an_entry_of_the_previous_version_is_found_by_its_stream():
        stream = factories.stream()
        with connection.cursor() as cursor:  # that version has no column `stream`
            cursor.execute(
                "INSERT INTO streams_auditentry (at, partner_id, action, detail) VALUES"
                " (now(), %s, 'stream.submitted', jsonb_build_object('stream', %s::text))",
                [stream.partner_id, stream.slug],
            )

        assert AuditEntry.objects.of_stream(stream).count() == 1
