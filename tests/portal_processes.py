"""Start the portal's processes, as production does, on the test's own database."""

from __future__ import annotations

import os
import signal
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
from tests.servers.child_processes import start, stop
from tests.servers.valkey import free_port

ROOT = Path(__file__).resolve().parents[1]
CELERY = [sys.executable, "-m", "celery", "-A", "partner_portal"]
WORKER = ["worker", "--pool=threads", "--concurrency=4"]
WORKER += ["--without-gossip", "--without-mingle", "--loglevel=INFO"]
GUNICORN = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind"]
# By the worker's former name: so the version before starts, too (test_upgrade.py).
INGEST = ["partner_portal.ingest", "-k", "streams.ingest.worker.IngestWorker"]
WEB = ["partner_portal.web", "-k", "streams.serving.worker.ServingWorker"]
WEB += ["--threads", "4"]


def until(is_true: Callable[[], object], *, within_s: float = 60.0) -> float:
    """Poll until it is true; return the seconds it took. Fails after `within_s`."""
    began = time.monotonic()
    while not is_true():
        assert time.monotonic() - began < within_s, f"not so within {within_s} s"
        time.sleep(0.05)
    return time.monotonic() - began


class RunningPortal:
    """Processes that use one database and one broker."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        self.environ = environ
        self.log = folder / "processes.log"  # the log of all of them
        self._children: list[subprocess.Popen] = []

    def worker(self, *, code: Path = ROOT, **environ: str) -> subprocess.Popen:
        """Start a worker of the code in the folder `code`, with this `environ`."""
        return self._start([*CELERY, *WORKER], code, environ)

    def beat(self, *, code: Path = ROOT, **environ: str) -> subprocess.Popen:
        return self._start([*CELERY, "beat", "--pidfile="], code, environ)

    def ingest(self) -> str:
        """Start ingest; return its URL once it responds."""
        url = f"http://127.0.0.1:{free_port()}"
        self.answering(self.serve(url, INGEST), url)
        return url

    def web(self) -> str:
        url = f"http://127.0.0.1:{free_port()}"
        self.answering(self.serve(url, WEB), url)
        return url

    def serve(
        self, url: str, what: list[str], *, code: Path = ROOT
    ) -> subprocess.Popen:
        """Start INGEST or WEB at an address, without waiting for a response."""
        return self._start([*GUNICORN, urlsplit(url).netloc, *what], code, {})

    def answering(self, server: subprocess.Popen, url: str) -> None:
        """Wait until a server responds. Fails if it ends instead."""
        until(lambda: server.poll() is not None or _answers(url), within_s=90)
        assert server.poll() is None, self.log.read_text()

    def kill(self, child: subprocess.Popen) -> None:
        """As the kernel would, with all that it started: no chance to clean up."""
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """As a deployment does, all at once: they may finish what they have begun."""
        for child in self._running:
            child.send_signal(signal.SIGTERM)
        for child in self._running:
            stop(child, signal.SIGCONT)  # for a frozen process; others do not notice

    def kill_all(self) -> None:
        """End what still runs. A proper stop would take five seconds of each test."""
        for child in self._running:
            self.kill(child)

    @property
    def _running(self) -> list[subprocess.Popen]:
        return [child for child in self._children if child.poll() is None]

    def _start(
        self, command: list[str], code: Path, environ: dict[str, str]
    ) -> subprocess.Popen:
        with self.log.open("ab") as log:
            child = start(
                command,
                at_our_death=signal.SIGKILL,
                process_group=0,
                cwd=code,
                env=self.environ | environ,
                stdout=log,
                stderr=log,
            )
        self._children.append(child)
        return child


def _answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{url}/healthz", timeout=5).status_code == 200
    return False


def database_url() -> str:
    """Return the URL of the test's database, for processes beside it."""
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
        portal.kill_all()


@pytest.fixture
def far_segment() -> Iterator[SandboxSegment]:
    """A sandbox in a separate process, for tests that count under load."""
    with sandbox_process() as (sandbox, _):
        yield sandbox


@pytest.fixture
def portal(transactional_db, services, settings, tmp_path, far_segment):
    """Processes on this test's database, which see the rows that the test writes."""
    settings.SANDBOX_URL = far_segment.url
    environ = services.environ(
        DATABASE_URL=database_url(), SANDBOX_URL=far_segment.url, LOG_LEVEL="INFO"
    )
    with running(environ, tmp_path) as portal:
        yield portal
