"""A process that cannot work prints one line and exits with 1."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from streams.base.clock import now
from streams.observability.preflight import refusal
from streams.observability.readiness_checks import readiness
from tests import factories
from tests.connections.test_write_keys import ring
from tests.portal_processes import INGEST, ROOT, WEB, database_url
from tests.second_factors import App

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

GUNICORN = [sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "--no-control-socket"]  # fmt: skip
CELERY = [sys.executable, "-m", "celery", "--app=partner_portal"]
PROCESSES = {
    "web": [*GUNICORN, *WEB],
    "ingest": [*GUNICORN, *INGEST],
    "worker": [*CELERY, "worker", "--pool=threads"],
    "beat": [*CELERY, "beat", "--pidfile="],
}


def started(command, environ):
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
    )


@contextmanager
def applied_only(*names):
    """Pretend that the database has completed only these migrations."""
    applied = MigrationRecorder(connection).migration_qs.filter(app="streams")
    before = list(applied)
    applied.delete()
    applied.bulk_create(applied.model(app="streams", name=name) for name in names)
    try:
        yield
    finally:
        applied.all().delete()
        applied.bulk_create(before)


@pytest.mark.parametrize("name", PROCESSES)
def test_no_process_starts_without_a_key_that_rows_need(name, services, settings):
    settings.ENCRYPTION_KEYS = ring("k2")
    factories.connection()
    environ = services.environ(
        DATABASE_URL=database_url(), ENCRYPTION_KEYS=ring("k1")[0]
    )

    ended = started(PROCESSES[name], environ)

    said = [x for x in ended.stderr.splitlines() if not x.startswith(("{", "["))]
    assert ended.returncode == 1
    assert said == [
        (
            "Not started: ENCRYPTION_KEYS lacks keys that encrypted secrets need:"
            " k2. Add them."
        )
    ]


@pytest.mark.parametrize("name", PROCESSES)
def test_no_process_starts_in_production_without_second_factors(name, services):
    unsafe = {"HTTPS": "on", "REQUIRE_SECOND_FACTOR": "off"}
    environ = services.environ(DATABASE_URL=database_url(), **unsafe)

    ended = started(PROCESSES[name], environ)

    said = [x for x in ended.stderr.splitlines() if not x.startswith(("{", "["))]
    assert ended.returncode == 1
    assert said == [
        (
            "Not started: REQUIRE_SECOND_FACTOR is off, which is only for a demonstration"
            " without HTTPS. Set REQUIRE_SECOND_FACTOR=on."
        )
    ]


def test_a_demonstration_starts_without_second_factors(settings):
    settings.HTTPS, settings.REQUIRE_SECOND_FACTOR = False, False

    assert refusal() == ""


def test_a_key_that_webhook_endpoints_need_is_named(settings):
    settings.ENCRYPTION_KEYS = ring("k2")
    factories.webhook_endpoint(factories.workspace())
    settings.ENCRYPTION_KEYS = ring("k1")

    keys = readiness(now())["keys"]

    assert refusal() == (
        "ENCRYPTION_KEYS lacks keys that encrypted secrets need: k2. Add them."
    )
    assert (keys.ok, keys.detail) == (
        False,
        "ENCRYPTION_KEYS lacks keys that encrypted secrets need: k2.",
    )


@pytest.mark.parametrize("kind", ["totp", "recovery_codes"])
def test_a_key_that_second_factors_need_is_named(settings, kind):
    settings.ENCRYPTION_KEYS = ring("k2")
    for _ in range(2):
        App(factories.user())
    settings.ENCRYPTION_KEYS = ring("k1")
    App(factories.user())
    Authenticator.objects.exclude(type=kind).delete()
    passkey = {"user": factories.user(), "type": Authenticator.Type.WEBAUTHN}
    Authenticator.objects.create(data={"name": "Laptop"}, **passkey)

    assert readiness(now())["keys"].detail == (
        "ENCRYPTION_KEYS lacks keys that encrypted secrets need: k2."
    )


def test_no_process_starts_before_the_migrations(services):
    environ = services.environ(DATABASE_URL=database_url())

    with applied_only():
        ended = started([sys.executable, "-m", "partner_portal.preflight"], environ)

    assert ended.returncode == 1
    assert "Run `manage.py migrate` first" in ended.stderr


def test_a_database_that_stopped_within_the_squashed_migrations_is_named(services):
    environ = services.environ(DATABASE_URL=database_url())
    migrate = [sys.executable, "manage.py", "migrate"]

    with applied_only("0001_initial", "0002_partitions"):
        ended = started([sys.executable, "-m", "partner_portal.preflight"], environ)
        migrated = started(migrate, environ)

    assert (ended.returncode, migrated.returncode) == (1, 1)
    for said in (ended.stderr, migrated.stderr):
        assert "with the last version before 0.1.0 first" in said
        assert "Traceback" not in said
