"""Timeouts of statements, locks and stopped processes."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing, contextmanager, suppress

import psycopg
import pytest
from django.db import OperationalError, connection

from streams.base.database.frozen_sessions import end_frozen_sessions
from streams.base.database.session import is_lock_timeout
from streams.base.database.statement_timeout import within
from streams.tasks import sweep
from tests import factories
from tests.faults.row_locks import connect, held
from tests.ingest.sender_requests import basic

pytestmark = pytest.mark.django_db(transaction=True)


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@contextmanager
def hanging():
    """Stop our session's server process: it keeps the connection and never responds."""
    server = ask("SELECT pg_backend_pid()")
    os.kill(server, signal.SIGSTOP)
    try:
        with within(20):  # the timeout of a page
            yield
    finally:
        os.kill(server, signal.SIGCONT)
        connection.close()


if connection.vendor == "postgresql":

    def test_a_statement_without_a_response_ends_at_its_deadline():
        with hanging(), within(0.5):
            with pytest.raises(OperationalError, match=r"within 0\.5 s"):
                ask("SELECT 1")
            connection.close()

            assert ask("SELECT 1") == 1

    def test_a_sweep_gives_up_on_a_hanging_server_as_early_as_a_lease_owner(settings):
        settings.DRAIN_DEADLINE_S = 0.5
        with hanging(), pytest.raises(OperationalError, match=r"within 0\.5 s"):
            sweep()

    def test_events_sent_to_the_web_port_have_a_shorter_timeout_than_a_page(
        client, settings
    ):
        settings.INGEST_DEADLINE_S = 0.5
        key = factories.ingest_key(factories.feed())
        with hanging():
            began = time.monotonic()
            response = client.post(
                "/v1/track",
                {"userId": "u", "event": "Email Opened"},
                content_type="application/json",
                headers=basic(key),
            )
            took_s = time.monotonic() - began

        assert response.status_code == 503
        assert took_s < 10

    def test_waiting_for_a_lock_has_a_timeout():
        feed = factories.feed()
        with held(feed), pytest.raises(OperationalError) as raised:
            type(feed).objects.filter(pk=feed.pk).update(head_seq=1)

        assert is_lock_timeout(raised.value)

    def test_every_session_ends_a_transaction_that_is_idle_for_a_lease():
        assert ask("SHOW idle_in_transaction_session_timeout") == "9s"
        assert ask("SHOW application_name") == "partner-portal"

    def test_no_session_compiles_its_statements():
        assert ask("SHOW jit") == "off"

    @pytest.mark.parametrize("name", ["partner-portal", "psql"])
    def test_a_process_that_stopped_in_a_pipeline_loses_its_locks(settings, name):
        settings.LEASE_S = 0.5
        with (
            closing(connect(application_name=name)) as frozen,
            suppress(psycopg.Error),  # its connection was closed by the server
            frozen.pipeline(),
        ):
            # Sent without the end of the pipeline: the server counts it as active.
            frozen.execute("SELECT 1").fetchone()
            # Its silence is under test.
            time.sleep(2 * settings.LEASE_S)
            ended = end_frozen_sessions()

        assert ended == (name == "partner-portal")

    def test_a_session_that_works_is_not_interrupted(settings):
        settings.LEASE_S = 0.1
        with closing(connect(application_name="partner-portal")) as working:
            working.execute("SELECT 1")
            working.commit()
            time.sleep(0.5)

            assert end_frozen_sessions() == 0
