"""PgBouncer works in session mode; modes that share sessions are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import connection

from streams.base.database.pooling import shares_sessions
from tests.base.pgbouncer import find_binary, pooled
from tests.portal_processes import ROOT, database_url

pytestmark = pytest.mark.django_db(transaction=True)

needs_pooler = pytest.mark.skipif(
    find_binary() is None, reason="PgBouncer is not installed"
)


def preflight(environ):
    return subprocess.run(
        [sys.executable, "-m", "partner_portal.preflight"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )


def test_without_a_pooler_each_connection_has_its_own_session():
    assert not shares_sessions()


if connection.vendor == "postgresql":

    def test_each_session_has_its_settings(settings):
        with connection.cursor() as cursor:
            for name, value in settings.SESSION_SETTINGS.items():
                cursor.execute(
                    "SELECT setting FROM pg_settings WHERE name = %s", [name]
                )
                # TCP keepalives do not exist on a socket: the server accepts and
                # ignores them.
                assert cursor.fetchone()[0] in {value.removesuffix("ms"), "0"}

    @needs_pooler
    def test_session_mode_works(services, tmp_path):
        with pooled(database_url(), tmp_path, mode="session") as url:
            checked = preflight(services.environ(DATABASE_URL=url))

        assert (checked.returncode, checked.stderr) == (0, "")

    @needs_pooler
    @pytest.mark.parametrize("mode", ["transaction", "statement"])
    def test_a_mode_that_shares_sessions_is_refused(services, tmp_path, mode):
        with pooled(database_url(), tmp_path, mode=mode) as url:
            checked = preflight(services.environ(DATABASE_URL=url))

        assert checked.returncode == 1
        assert checked.stderr == (
            "Not started: DATABASE_URL refers to a connection pooler that shares sessions"
            " (PgBouncer with pool_mode=transaction or statement). Set"
            " pool_mode=session.\n"
        )
