"""How long a statement, a lock and a process that stopped are waited for."""

from __future__ import annotations

import time
from contextlib import closing, suppress

import psycopg
import pytest
from django.db import OperationalError, connection

from streams.base.database import is_lock_timeout
from streams.base.frozen import end_frozen_sessions
from streams.base.statements import within
from tests import make
from tests.faults.row_locks import connect, held

pytestmark = pytest.mark.django_db(transaction=True)


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


if connection.vendor == "postgresql":

    def test_a_statement_without_a_response_ends_at_its_deadline():
        began = time.monotonic()
        with within(0.5), pytest.raises(OperationalError, match=r"within 0\.5 s"):
            ask("SELECT pg_sleep(30)")
        took_s = time.monotonic() - began
        connection.close()

        assert took_s < 10
        assert ask("SELECT 1") == 1

    def test_a_lock_is_not_waited_for_without_end():
        feed = make.feed()
        with held(feed), pytest.raises(OperationalError) as raised:
            type(feed).objects.filter(pk=feed.pk).update(head_seq=1)

        assert is_lock_timeout(raised.value)

    def test_every_session_gives_up_a_transaction_that_is_idle_for_a_lease():
        assert ask("SHOW idle_in_transaction_session_timeout") == "9s"
        assert ask("SHOW application_name") == "partner-portal"

    @pytest.mark.parametrize("name", ["partner-portal", "psql"])
    def test_a_process_of_ours_that_stopped_in_a_pipeline_loses_its_locks(
        settings, name
    ):
        settings.LEASE_S = 0.5
        with (
            closing(connect(application_name=name)) as frozen,
            suppress(psycopg.Error),  # as it ends: it was cut off
            frozen.pipeline(),
        ):
            # Sent, and no end of the pipeline after it: the server counts it as active.
            frozen.execute("SELECT 1").fetchone()
            time.sleep(
                2 * settings.LEASE_S
            )  # how long it has been silent is under test
            ended = end_frozen_sessions()

        assert ended == (name == "partner-portal")

    def test_a_session_that_works_is_left_alone(settings):
        settings.LEASE_S = 0.1
        with closing(connect(application_name="partner-portal")) as working:
            working.execute("SELECT 1")
            working.commit()
            time.sleep(0.5)

            assert end_frozen_sessions() == 0
