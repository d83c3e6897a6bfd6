"""The portal's processes, as production starts them, on the test's own database."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.db import connection

from tests.segment import SandboxSegment, sandbox_process
from tests.services.processes import start, stop

ROOT = Path(__file__).resolve().parents[1]
CELERY = [sys.executable, "-m", "celery", "-A", "partner_portal"]
GUNICORN = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind"]


def until(is_true: Callable[[], object], *, within_s: float = 30.0) -> float:
    """Ask again and again until it is so; the seconds it took. Fails after `within_s`."""
    began = time.monotonic()
    while not is_true():
        assert time.monotonic() - began < within_s, f"not so within {within_s} s"
        time.sleep(0.05)
    return time.monotonic() - began


class RunningPortal:
    """Processes that work on one database and one broker."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        self.environ = environ
        self.log = folder / "processes.log"  # what all of them write
        self._children: list[subprocess.Popen] = []

    def worker(self) -> subprocess.Popen:
        return self._start(
            [
                *CELERY,
                "worker",
                "--pool",
                "threads",
                "--concurrency",
                "4",
                "--without-gossip",
                "--without-mingle",
                "--loglevel",
                "INFO",
            ]
        )

    def beat(self) -> subprocess.Popen:
        schedule = self.log.with_name("schedule")
        return self._start([*CELERY, "beat", "--schedule", str(schedule), "--pidfile="])

    def ingest(self) -> str:
        """Start it; its URL, once it answers."""
        return self._serve("partner_portal.asgi:application", "-k", "asgi")

    def web(self) -> str:
        return self._serve(
            "partner_portal.wsgi:application", "-k", "gthread", "--threads", "4"
        )

    def kill(self, child: subprocess.Popen) -> None:
        """As the kernel would: no chance to clean up."""
        child.kill()
        child.wait()

    def stop(self) -> None:
        for child in self._children:
            if child.poll() is None:
                stop(child, signal.SIGTERM)

    def _serve(self, *arguments: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        child = self._start([*GUNICORN, address, *arguments])
        url = f"http://{address}"
        until(lambda: child.poll() is not None or _answers(url))
        assert child.poll() is None, self.log.read_text()
        return url

    def _start(self, command: list[str]) -> subprocess.Popen:
        with self.log.open("ab") as log:
            child = start(
                command,
                at_our_death=signal.SIGKILL,
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
            )
        self._children.append(child)
        return child


def _answers(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{url}/healthz", timeout=5).status_code == 200
    return False


def database_url() -> str:
    """The test's database, for processes beside it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()


@contextmanager
def running(environ: dict[str, str], folder: Path) -> Iterator[RunningPortal]:
    portal = RunningPortal(environ, folder)
    try:
        yield portal
    finally:
        portal.stop()


@pytest.fixture
def far_segment() -> Iterator[SandboxSegment]:
    """A sandbox in a process of its own, for tests that count under load."""
    with sandbox_process() as (sandbox, _):
        yield sandbox


@pytest.fixture
def portal(transactional_db, services, settings, tmp_path, far_segment):
    """Processes on this test's database; rows that the test writes are theirs too."""
    settings.SANDBOX_URL = far_segment.url
    environ = services.environ(
        DATABASE_URL=database_url(), SANDBOX_URL=far_segment.url, LOG_LEVEL="INFO"
    )
    with running(environ, tmp_path) as portal:
        yield portal
