"""The sites that tests hurt, with quick leases. Nothing of a site runs yet."""

from __future__ import annotations

from contextlib import contextmanager

import environ
import pytest
from django.core.management import call_command
from django.db import connection

from tests.faults.database import own_postgres
from tests.faults.deployment import site as new_site
from tests.faults.hosts import lacking
from tests.faults.multi_host import spread
from tests.running import database_url
from tests.services import valkey

QUICK = {"LEASE_S": "5", "SEGMENT_TIMEOUT_S": "3"}


# Tests of what SQLite cannot do. Those that only save time on it are in tests/run.py.
NEED_POSTGRES = {
    "test_failover.py",  # a standby
    "test_frozen_inside.py",  # locks of single rows
    "test_frozen_worker.py",  # a frozen process would hold SQLite's one write lock
    "test_hosts.py",  # a database that other hosts reach
    "test_operator_guide.py",  # pg_dump, createdb
    "test_postgres.py",  # a server to hurt
}


def pytest_ignore_collect(collection_path, config):
    on_postgres = config.option.database == "postgres"
    return (collection_path.name in NEED_POSTGRES and not on_postgres) or None


@pytest.fixture
def new_site_on(services, tmp_path, settings):
    """Makes a site on a database."""
    settings.LEASE_S = float(QUICK["LEASE_S"])

    def make(url, **own):
        changes = {"DATABASE_URL": url, **QUICK}
        binary = valkey.find_binary()
        if connection.vendor == "sqlite":  # as in the first run
            binary = valkey.embedded_binary()
        return new_site(services.environ(**changes), tmp_path, broker=binary, **own)

    return make


@pytest.fixture
def site(transactional_db, new_site_on):
    """On the test's own database."""
    with new_site_on(database_url()) as made:
        yield made


@pytest.fixture
def fragile_site(transactional_db, new_site_on):
    """The same, but with a server of its own where there is one; we use it, too."""
    if connection.vendor == "sqlite":
        with new_site_on(database_url()) as made:
            yield made
        return
    with own_postgres() as (cluster, url), connected_to(url):
        call_command("migrate", verbosity=0)
        with new_site_on(url, database=cluster) as made:
            yield made


@pytest.fixture
def spread_site(transactional_db, services, tmp_path):
    """Over three hosts, at the default settings; we use its database, too."""
    if reason := lacking():
        pytest.skip(reason)
    with (
        spread(services.environ(), tmp_path) as made,
        connected_to(made.portal.environ["DATABASE_URL"]),
    ):
        call_command("migrate", verbosity=0)
        yield made


@contextmanager
def connected_to(url):
    """Have this process use another database of the same kind, with the same timeouts."""
    connection.close()
    before = dict(connection.settings_dict)
    chosen = environ.Env.db_url_config(url)
    options = before["OPTIONS"] | chosen.get("OPTIONS", {})
    connection.settings_dict.update(chosen | {"OPTIONS": options})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
