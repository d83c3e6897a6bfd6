"""The deployments for fault tests, with short leases. Nothing of them runs yet."""

from __future__ import annotations

from contextlib import contextmanager

import environ
import pytest
from django.core.management import call_command
from django.db import connection

from tests.faults.deployment import deployment as new_deployment
from tests.faults.disposable_postgres import own_postgres
from tests.faults.hosts import lacking
from tests.faults.multi_host import three_hosts
from tests.portal_processes import database_url
from tests.servers import valkey

QUICK = {"LEASE_S": "5", "SEGMENT_TIMEOUT_S": "3"}


# Tests of what SQLite cannot do. Those that only save time on it are in tests/run.py.
NEED_POSTGRES = {
    "test_failover.py",  # a standby
    "test_frozen_in_transaction.py",  # locks of single rows
    "test_frozen_worker.py",  # a frozen process would hold SQLite's one write lock
    "test_hosts.py",  # a database that other hosts reach
    "test_operator_guide.py",  # pg_dump, createdb
    "test_postgres.py",  # a server to kill
}


def pytest_ignore_collect(collection_path, config):
    on_postgres = config.option.database == "postgres"
    return (collection_path.name in NEED_POSTGRES and not on_postgres) or None


@pytest.fixture
def new_deployment_on(services, tmp_path, settings):
    """Return a function that creates a deployment on a database."""
    settings.LEASE_S = float(QUICK["LEASE_S"])

    def make(url, **own):
        changes = {"DATABASE_URL": url, **QUICK}
        binary = valkey.find_binary()
        if connection.vendor == "sqlite":  # as in the first run
            binary = valkey.embedded_binary()
        return new_deployment(
            services.environ(**changes), tmp_path, broker=binary, **own
        )

    return make


@pytest.fixture
def deployment(transactional_db, new_deployment_on):
    """A deployment on the test's own database."""
    with new_deployment_on(database_url()) as made:
        yield made


@pytest.fixture
def deployment_with_own_database(transactional_db, new_deployment_on):
    """A deployment with its own database server, where there is one.

    This process uses it, too.
    """
    if connection.vendor == "sqlite":
        with new_deployment_on(database_url()) as made:
            yield made
        return
    with own_postgres() as (cluster, url), connected_to(url):
        call_command("migrate", verbosity=0)
        with new_deployment_on(url, database=cluster) as made:
            yield made


@pytest.fixture
def three_host_deployment(transactional_db, services, tmp_path):
    """A deployment on three hosts with default settings.

    This process uses its database, too.
    """
    if reason := lacking():
        pytest.skip(reason)
    with (
        three_hosts(services.environ(), tmp_path) as made,
        connected_to(made.portal.environ["DATABASE_URL"]),
    ):
        call_command("migrate", verbosity=0)
        yield made


@contextmanager
def connected_to(url):
    """Have this process use another database of the same kind and timeouts."""
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
