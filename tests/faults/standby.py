"""A PostgreSQL with a standby, for failover tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.faults.disposable_postgres import INITDB, OPTIONS
from tests.servers import postgres
from tests.servers.child_processes import stop
from tests.servers.valkey import free_port

LISTENING = {"listen_addresses": "127.0.0.1", "hot_standby": "on"}


@dataclass(slots=True)
class Pair:
    """A primary and its standby, each on its own port."""

    primary: postgres.Cluster
    standby: postgres.Cluster

    @property
    def url(self) -> str:
        """Return a URL of both hosts, as in the guide: the one that accepts writes is used."""
        hosts = ",".join(
            f"127.0.0.1:{c.options['port']}" for c in (self.primary, self.standby)
        )
        return f"postgres://postgres@{hosts}/postgres?target_session_attrs=read-write"

    def wait_for_standby(self) -> None:
        """Acknowledge no commit before the standby has it on disk."""
        _ask(self.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        _ask(self.primary, "SELECT pg_reload_conf()")

    def cut_standby_off(self) -> None:
        """From now on, the standby receives no commits."""
        _ask(self.standby, "ALTER SYSTEM SET primary_conninfo = ''")
        _ask(self.standby, "SELECT pg_reload_conf()")

    def kill_primary(self) -> None:
        for process in self.primary.processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.primary.server.wait()

    def freeze_primary(self) -> None:
        """Freeze the primary.

        Its kernel still acknowledges data, but nothing responds.
        """
        _signal(self.primary, signal.SIGSTOP)

    def thaw_primary(self) -> None:
        _signal(self.primary, signal.SIGCONT)

    def promote(self) -> None:
        _ask(self.standby, "SELECT pg_promote()")


@contextmanager
def primary_and_standby() -> Iterator[Pair]:
    """Start both; the database is empty."""
    with TemporaryDirectory(prefix="portal-failover-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # they may run as another user
        binaries = postgres.find_binaries()
        of_primary = OPTIONS | LISTENING | {"port": str(free_port())}
        (folder / "1").mkdir(mode=0o711)
        with postgres.cluster(
            binaries, folder / "1" / "p", *INITDB, **of_primary
        ) as primary:
            primary.start()
            standby = _standby_of(primary, folder / "s")
            try:
                standby.start()
                yield Pair(primary, standby)
            finally:
                _signal(primary, signal.SIGCONT)
                if standby.server:
                    stop(standby.server, signal.SIGQUIT)


def _standby_of(primary: postgres.Cluster, folder: Path) -> postgres.Cluster:
    folder.mkdir(mode=0o700)
    runs_as = primary.runs_as | {"cwd": folder}
    if "user" in runs_as:
        shutil.chown(folder, runs_as["user"], runs_as["group"])
    copy = [primary.binaries / "pg_basebackup", "-h", primary.folder, "-U", "postgres"]
    copy += ["-p", primary.options["port"], "-D", folder / "data", "-R", "-X", "stream"]
    subprocess.run([*copy, "--checkpoint=fast", "--no-sync"], check=True, **runs_as)
    options = primary.options | {"port": str(free_port())}
    return postgres.Cluster(primary.binaries, folder, options, runs_as)


def _signal(cluster: postgres.Cluster, number: signal.Signals) -> None:
    if cluster.server and cluster.server.poll() is None:
        for process in cluster.processes:
            with suppress(ProcessLookupError):
                os.kill(process, number)


def _ask(cluster: postgres.Cluster, statement: str) -> None:
    with psycopg.connect(
        host=str(cluster.folder),
        port=cluster.options["port"],
        user="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(statement)
