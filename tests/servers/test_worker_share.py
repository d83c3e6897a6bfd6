from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection

from tests.servers.environment import without_settings


@pytest.mark.django_db
def test_the_suite_runs_on_the_requested_database(pytestconfig):
    get_user_model().objects.create(email="alice@example.com")

    vendor = {"sqlite": "sqlite", "postgres": "postgresql"}
    assert connection.vendor == vendor[pytestconfig.option.database]


def test_processes_get_their_own_databases(services):
    first, second = services.environ(), services.environ()

    names = ("DATABASE_URL", "REDIS_URL", "VAR_DIR")
    shared = [name for name in names if first[name] == second[name]]
    ours = [name for name in names if first[name] == os.environ[name]]
    assert (shared, ours) == ([], [])


@pytest.mark.processes
def test_a_process_migrates_the_database_it_was_given(services):
    environ = services.environ()

    manage = [sys.executable, "manage.py"]
    before = subprocess.run([*manage, "migrate", "--check"], env=environ)
    subprocess.run([*manage, "migrate", "-v0"], env=environ, check=True)
    after = subprocess.run([*manage, "migrate", "--check"], env=environ)

    assert (before.returncode, after.returncode) == (1, 0)


def test_a_process_can_have_other_settings(services):
    assert services.environ(LOG_LEVEL="DEBUG")["LOG_LEVEL"] == "DEBUG"


def test_no_setting_of_the_developers_environment_is_left():
    developers = {
        "DEBUG": "on",
        "SECRET_KEY_FILE": "/run/secrets/key",
        "DATABASE_URL": "postgres://live",
        "PGHOST": "live",
        "CELERY_BROKER_URL": "redis://live",
        "DJANGO_SETTINGS_MODULE": "live.settings",
        "LANG": "C.UTF-8",
    }

    assert without_settings(developers) == {"LANG": "C.UTF-8"}


def test_settings_come_from_no_file():
    assert os.environ["ENV_FILE"] == os.devnull


def test_no_test_reaches_segment():
    urls = {settings.SEGMENT_US_URL, settings.SEGMENT_EU_URL, settings.SEGMENT_CDN_URL}

    assert urls == {"http://127.0.0.1:9/v1"}
