"""No process starts with invalid settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.portal_processes import CELERY, INGEST, ROOT, WEB
from tests.servers.environment import without_settings
from tests.settings.typical_values import KEY

pytestmark = pytest.mark.processes

GUNICORN = [sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "--no-control-socket"]  # fmt: skip
MANAGE = [sys.executable, str(ROOT / "manage.py")]
PROCESSES = {
    "web": [*GUNICORN, *WEB],
    "ingest": [*GUNICORN, *INGEST],
    "worker": [*CELERY, "worker", "--pool=threads"],
    "beat": [*CELERY, "beat", "--pidfile="],
    **{
        name: [*MANAGE, *name.split()]
        for name in ("up", "demo", "migrate", "check --deploy", "reencrypt", "prune", "help")
    },
}  # fmt: skip
BROKEN = {
    "SECRET_KEY": "",
    "ENCRYPTION_KEYS": "k1:hunter2",
    "IDENTITY_KEYS": f"k1:{KEY}",
    "HTTPS": "enable",
}
ERRORS = [
    "SECRET_KEY is not set; set it in the environment or in .env.",
    (
        "ENCRYPTION_KEYS is not a list of id:key; write entries such as k1:…, each with its"
        " own id of at most 20 characters and the base64 of 32 random bytes."
    ),
    "HTTPS must be on or off, without quotes or a comment.",
]


def ended(command, *, cwd=ROOT, **environ):
    return subprocess.run(
        command,
        cwd=cwd,
        env=without_settings(os.environ) | {"ENV_FILE": os.devnull} | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", PROCESSES)
def test_each_error_is_one_line(name):
    process = ended(PROCESSES[name], **BROKEN)

    lines = process.stderr.splitlines()
    assert process.returncode == 1
    assert [line for line in lines if "Starting gunicorn" not in line] == ERRORS
    assert process.stdout == ""


def test_errors_are_json_if_logs_are(services):
    process = ended(PROCESSES["beat"], **BROKEN, LOG_FORMAT="JSON")

    lines = [json.loads(line) for line in process.stderr.splitlines()]
    assert process.returncode == 1
    assert [line["error"] for line in lines] == ERRORS
    assert {line["event"] for line in lines} == {"settings.invalid"}


@pytest.mark.parametrize("name", ["web", "ingest"])
def test_gunicorn_ends_without_its_configuration(name, tmp_path):
    process = ended([*PROCESSES[name], f"--pythonpath={ROOT}"], cwd=tmp_path, **BROKEN)

    assert process.returncode != 0
    assert [process.stderr.splitlines().count(error) for error in ERRORS] == [1, 1, 1]


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_worker_needs_a_broker(name, services):
    process = ended(PROCESSES[name], **services.environ(REDIS_URL=""))

    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == (
        "REDIS_URL is not set. Workers and beat need it; set one such as"
        " redis://host:6379/0."
    )


@pytest.mark.parametrize("trusted", ["off", ""])
def test_up_refuses_production_settings_in_one_line(services, trusted):
    process = ended(
        PROCESSES["up"], **services.environ(HTTPS="on", TRUST_PROXY=trusted)
    )

    assert process.returncode == 1
    assert process.stderr.splitlines() == [
        (
            "CommandError: HTTPS is on, but `manage.py up` serves http for one machine. Set"
            " HTTPS=off, or start each process as described in the operator guide."
        )
    ]


NO_DATABASE = {
    "migrate": ("postgres://portal:hunter2@127.0.0.1:1/portal", "port 1 failed"),
    "prune": (f"sqlite:///{ROOT}/manage.py", "file is not a database"),
    "reconcile": ("sqlite:////nonexistent/portal.sqlite3", "unable to open database file"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_DATABASE)
def test_a_command_without_its_database_says_so_in_one_line(services, name):
    url, reason = NO_DATABASE[name]

    process = ended([*MANAGE, name], **services.environ(DATABASE_URL=url))

    (line,) = process.stderr.splitlines()
    assert process.returncode == 1
    assert line.startswith("CommandError: The database cannot be used: ")
    assert reason in line
    assert "hunter2" not in line


def test_an_unusable_folder_is_named(services):
    process = ended(PROCESSES["up"], **services.environ(VAR_DIR="/dev/null"))

    (line,) = process.stderr.splitlines()
    assert process.returncode == 1
    assert line.startswith("CommandError: /dev/null")


def test_check_events_needs_no_settings(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    events = tmp_path / "events.jsonl"
    events.write_text('{"type": "track", "userId": "u1", "event": "Order Completed"}')
    foreign = {
        "PORT": "abc",
        "DATABASE_URL": "mysql://db/x",
        "DEBUG": "*",
        "ENV_FILE": "/x",
    }

    process = ended([*MANAGE, "check_events", str(events)], cwd=empty, **foreign)

    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.startswith("Events checked: 1 (0 with errors")
    assert list(empty.iterdir()) == []
