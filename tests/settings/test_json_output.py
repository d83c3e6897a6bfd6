"""With LOG_FORMAT=json, everything a process prints is one JSON object per line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
import requests

from tests.portal_processes import CELERY, INGEST, ROOT, WEB, until
from tests.servers.child_processes import start, stop
from tests.servers.environment import without_settings
from tests.servers.valkey import free_port
from tests.settings.test_invalid_settings import GUNICORN, MANAGE

SECRET = "SandboxTestWriteKey0000000000001"


def objects(text):
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines), lines
    return lines


@pytest.fixture(scope="module")
def environ(services):
    """The environment of a migrated portal.

    LOG_FORMAT is set only in its `.env` file.
    """
    file = services.folder / "json.env"
    file.write_text("LOG_FORMAT = JSON  # for the collector\n")
    database = services.folder / "json.sqlite3"
    environ = services.environ(
        ENV_FILE=str(file), DATABASE_URL=f"sqlite:///{database}", LOG_LEVEL="INFO"
    )
    migrated = [*MANAGE, "migrate", "--verbosity=0"]
    subprocess.run(migrated, env=environ, check=True, timeout=120)
    return environ


def ended(command, environ, **options):
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def lives(command, environ, folder, ready):
    """Return the output of a process; `ready` says whether it can be stopped."""
    output = folder / "output"
    with output.open("w") as out:
        process = start(
            command, at_our_death=signal.SIGKILL, cwd=ROOT, env=environ, stdout=out, stderr=out
        )  # fmt: skip
        try:
            until(lambda: process.poll() is not None or ready(output.read_text()))
            assert process.poll() is None, output.read_text()
        finally:
            stop(process, signal.SIGTERM)
    return objects(output.read_text())


@pytest.mark.processes
@pytest.mark.parametrize("application", [WEB, INGEST], ids=["web", "ingest"])
def test_gunicorn_prints_only_json(application, environ, tmp_path):
    url = f"http://127.0.0.1:{free_port()}"
    command = [*GUNICORN[:3], "--no-control-socket", f"--bind={url[7:]}", *application]

    def ready(output):
        if "Booting worker" not in output:
            return False
        try:
            return requests.get(f"{url}/nowhere", timeout=5).status_code == 404
        except requests.RequestException:
            return False

    lines = lives(command, environ, tmp_path, ready)

    events = {line["event"].split(" ")[0] for line in lines}
    assert {"Starting", "Listening", "Booting", "Handling", "Shutting"} <= events


@pytest.mark.processes
def test_celery_prints_only_json(environ, tmp_path):
    alone = ["worker", "--pool=threads", "--without-gossip", "--without-mingle"]

    worker = lives([*CELERY, *alone], environ, tmp_path, lambda out: " ready." in out)
    beat = lives(
        [*CELERY, "beat", "--pidfile="], environ, tmp_path, lambda out: "is starting" in out
    )  # fmt: skip

    events = [line["event"] for line in worker]
    assert "worker: Warm shutdown (MainProcess)" in events
    assert len(beat) <= 3


@pytest.mark.processes
def test_an_error_of_celery_is_json(environ):
    process = ended([*CELERY, "beat", "--pidfile="], environ | {"REDIS_URL": ""})

    lines = objects(process.stdout + process.stderr)
    assert process.returncode == 1
    assert lines[-1]["event"].startswith("REDIS_URL is not set")


@pytest.mark.processes
def test_an_error_of_gunicorn_is_json(environ):
    missing = {"DATABASE_URL": f"{environ['DATABASE_URL']}-empty"}

    process = ended([*GUNICORN, *INGEST], environ | missing)

    lines = objects(process.stdout + process.stderr)
    assert process.returncode == 1
    assert [line["event"][:11] for line in lines] == ["Starting gu", "Not started"]


@pytest.mark.processes
@pytest.mark.parametrize(
    ("command", "event"),
    [
        (["reencrypt", "--batch=0"], "CommandError: "),
        (["bogus"], "Unknown command: 'bogus'"),
    ],
)
def test_an_error_of_a_command_is_json(command, event, environ):
    process = ended([*MANAGE, *command], environ)

    lines = objects(process.stdout + process.stderr)
    assert process.returncode != 0
    assert lines[0]["event"].startswith(event)


def printed(code):
    """Return the output of code in a process that prints JSON lines."""
    program = "from streams.base import json_logs\njson_logs.install_for_server()\n"
    process = ended(
        [sys.executable, "-c", program + textwrap.dedent(code)],
        without_settings(os.environ) | {"PYTHONPATH": str(ROOT)},
    )
    return objects(process.stdout + process.stderr)


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (f"raise ValueError('{SECRET}')", "process.failed"),
        (
            f"""
            import threading
            def fail(): raise ValueError('{SECRET}')
            threading.Thread(target=fail, name='sender').start()
            """,
            "thread.failed",
        ),
        (
            f"""
            class Broken:
                def __del__(self): raise ValueError('{SECRET}')
            Broken()
            """,
            "error.ignored",
        ),
    ],
)
def test_a_traceback_is_one_line_without_secrets(code, event):
    [line] = printed(code)

    assert (line["event"], line["error"]) == (event, "ValueError")
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("ValueError: [redacted]")


@pytest.mark.parametrize(
    ("code", "events"),
    [
        ("raise SystemExit('No.')", ["No."]),
        ("print('a', end=''); print('b')", ["ab"]),
        ("print('no line break', end='')", ["no line break"]),
        ("import sys; sys.stderr.writelines(['a\\n', 'b\\n'])", ["a\nb"]),
        ("print(); print('{not JSON}')", ["{not JSON}"]),
        (f"print('{SECRET}')", ["[redacted]"]),
        ("import logging; logging.warning('w'); logging.getLogger('x').error('e')", None),
    ],
)  # fmt: skip
def test_printed_text_becomes_an_event(code, events):
    lines = printed(code)

    assert events is None or [line["event"] for line in lines] == events


CONFIGURE = "from streams.observability.logging_setup import configure as c; c({'level': 'INFO', 'format': 'json'})\n"


@pytest.mark.parametrize("configure", ["", CONFIGURE], ids=["before", "after"])
def test_a_warning_is_one_line(configure):
    [line] = printed(f"{configure}import warnings; warnings.warn('Old.')")

    assert "UserWarning: Old." in line["event"]


def test_json_is_unchanged():
    [line] = printed(
        """print('{"event": "x", "level": "info", "timestamp": "", "a": 1}')"""
    )

    assert line["a"] == 1
