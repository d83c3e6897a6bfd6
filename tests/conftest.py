"""Start the servers, give each process its share of them, and set Django up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from shutil import copyfile
from urllib.parse import urlsplit

import django
import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connection

from tests.order import in_shares
from tests.servers.child_processes import end_with_parent
from tests.servers.keeper import Keeper, Servers
from tests.servers.worker_share import Services

pytest_plugins = ["tests.segment", "tests.oidc_provider", "tests.portal_processes"]

SERVICES = pytest.StashKey[Services]()
TEMPLATE = pytest.StashKey[str]()  # the URL of the database that workers copy


def pytest_addoption(parser):
    parser.addoption(
        "--database",
        choices=["sqlite", "postgres"],
        default=os.environ.get("PORTAL_TEST_DATABASE", "sqlite"),
        help="sqlite: with the embedded broker; postgres: with a Redis of the machine",
    )


# The time of one example depends on how busy the machine is.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")


def pytest_configure(config):
    if config.option.help or config.option.version:
        return
    if worker := getattr(config, "workerinput", None):
        end_with_parent(os.getppid())
        servers = Servers(**worker["servers"])
        services = Services(servers, worker=1 + int(worker["workerid"][2:]))
        config.stash[TEMPLATE] = worker["template"]
    else:
        keeper = Keeper(config.option.database)
        config.add_cleanup(keeper.stop)
        services = Services(keeper.servers, worker=0)
    config.stash[SERVICES] = services
    config.option.basetemp = str(services.folder / "tmp")  # deleted with the run
    _set_django_up(services.environ())
    if not worker and config.getoption("dist", "no") != "no":
        # Migrated once, because each migration takes most of its time in Python.
        config.stash[TEMPLATE] = services.migrated_database()


@pytest.hookimpl(optionalhook=True)  # a hook of xdist; not called without it
def pytest_configure_node(node):
    node.workerinput["servers"] = asdict(node.config.stash[SERVICES].servers)
    node.workerinput["template"] = node.config.stash[TEMPLATE]


def _set_django_up(environ):
    os.environ.clear()
    os.environ.update(environ)
    django.setup()
    # Workers of xdist inherit this environment; with the variable in it, pytest-django
    # would load the settings before a worker has its share of the servers.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    # A test needs several codes of an app, and takes no notice of the end of a period.
    settings.MFA_TOTP_TOLERANCE = 1
    # The strength of password hashes is not under test, and costs 0.2 s each.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each test client has its own middleware, which otherwise reads the whole folder of
    # static files: two thirds of the time of a request.
    settings.WHITENOISE_AUTOREFRESH = True
    _use_second_factors()


def _use_second_factors():
    """Let `Client.force_login` sign in with a second factor, too.

    Tests of sign-in use the pages instead, which send a request with a method.
    """
    from allauth.account.internal.flows.login import record_authentication
    from django.contrib.auth.signals import user_logged_in

    def record(request, user, **_):
        if request.method is None:
            record_authentication(request, user, "mfa", type="totp")

    user_logged_in.connect(record, weak=False)


def pytest_collection_modifyitems(config, items):
    if config.option.database != "postgres":
        left_out = [item for item in items if item.get_closest_marker("postgres")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    if worker := getattr(config, "workerinput", None):
        items[:] = in_shares(
            items,
            worker["workercount"],
            waits=lambda item: item.get_closest_marker("processes"),
            module=lambda item: item.path,
        )


def pytest_report_header(config):
    return f"servers: {', '.join(config.stash[SERVICES].servers.programs)}"


@pytest.fixture(scope="session")
def services(request):
    """Databases and complete environments for processes that a test starts."""
    return request.config.stash[SERVICES]


@pytest.fixture(scope="session")
def broker() -> Iterator[redis.Redis]:
    """The broker that this process uses."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def no_uses_counted(broker):
    """Forget what earlier tests counted: they all come from the same address."""
    if keys := broker.keys("rate:*"):
        broker.delete(*keys)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services, pytestconfig):
    """Leave the names alone: each worker's database has its own, a copy of the template.

    SQLite's must be a file, because the threads of a live server cannot share one in
    memory.
    """
    template = urlsplit(pytestconfig.stash.get(TEMPLATE, "")).path
    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        file = services.folder / "test.sqlite3"
        test["NAME"] = str(file)
        if template:
            copyfile(template, file)
    elif template:
        test["TEMPLATE"] = template.removeprefix("/")


@pytest.fixture(scope="session")
def django_db_keepdb(pytestconfig):
    """Keep the copy of SQLite's template, which Django would replace by an empty file."""
    return connection.vendor == "sqlite" and TEMPLATE in pytestconfig.stash


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Let Django empty the tables after a test that commits.

    On SQLite, it deletes row by row, which the triggers of the audit log refuse.
    PostgreSQL truncates.
    """
    from tests.audit_log_triggers import (
        guards,  # here: Django is not set up when this module is loaded
    )

    if connection.vendor != "sqlite":
        return
    # On the class: a browser test has its own connection.
    operations = type(connection.ops)
    flush = operations.sql_flush

    def sql_flush(self, *args, **options):
        before, after = guards()
        return [*before, *flush(self, *args, **options), *after]

    operations.sql_flush = sql_flush


@pytest.fixture(autouse=True)
def _no_cached_links():
    """Forget the links of earlier tests, whose feeds had the same IDs."""
    from streams.identity.lookup import (
        clear_cache,  # here: Django is not set up when this module is loaded
    )

    clear_cache()
