"""The servers of a run: a database server with prepared databases, and a broker."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.load.keys import write_key
from tests.servers.keeper import ROOT, Database, Keeper
from tests.servers.worker_share import Services


class BenchServers:
    """The servers of one kind of installation; `vendor` is its database."""

    def __init__(self, vendor: Database, keeper: Keeper) -> None:
        self.vendor = vendor
        self.keeper = keeper
        self._services = Services(keeper.servers, worker=0)
        self._templates: dict[int, str] = {}
        self._numbers = itertools.count(1)

    @property
    def folder(self) -> Path:
        return self._services.folder

    @property
    def programs(self) -> list[str]:
        """Return the names of the servers."""
        return self.keeper.servers.programs

    @property
    def postgres_log(self) -> Path:
        return Path(self.keeper.servers.postgres).parent / "postgres.log"

    def write_keys_file(self) -> Path:
        """Write a hundred write keys, for senders to the sandbox itself; return the file."""
        file = self.folder / "write-keys.json"
        file.write_text(json.dumps([write_key(n) for n in range(100)]))
        return file

    def keys_file(self, connections: int) -> Path:
        """Return the path of the ingest keys that `database` writes."""
        return self.folder / f"keys-{connections}.json"

    def environ(self, database_url: str, **changes: str) -> dict[str, str]:
        """Return the complete environment of a portal on this database."""
        return self._services.environ(DATABASE_URL=database_url, **changes)

    def database(self, connections: int) -> str:
        """Return the URL of a database with that many connections and no events."""
        if connections not in self._templates:
            self._templates[connections] = self._make(connections)
        template, name = self._templates[connections], f"run_{next(self._numbers)}"
        if self.vendor == "sqlite":
            copy = self.folder / f"{name}.sqlite3"
            shutil.copyfile(template.removeprefix("sqlite:///"), copy)
            return f"sqlite:///{copy}"
        with self.connect() as connection:
            of = urlsplit(template).path.removeprefix("/")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {of}")
        return template.replace(of, name)

    def drop(self, database_url: str) -> None:
        """Free the disk space; all connections must be closed."""
        if self.vendor == "sqlite":
            Path(database_url.removeprefix("sqlite:///")).unlink()
            return
        with self.connect() as connection:
            name = urlsplit(database_url).path.removeprefix("/")
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def connect(self, database_url: str = "") -> Iterator[Any]:
        """Return a connection that commits each statement; on PostgreSQL, as superuser."""
        if self.vendor == "sqlite":
            file = database_url.removeprefix("sqlite:///")
            opened: Any = sqlite3.connect(file, autocommit=True, timeout=20)
        else:
            name = urlsplit(database_url).path.removeprefix("/") or "postgres"
            opened = psycopg.connect(
                host=self.keeper.servers.postgres,
                user="postgres",
                dbname=name,
                autocommit=True,
            )
        with closing(opened) as connection:
            yield connection

    def _make(self, connections: int) -> str:
        url = self._services.new_database()
        for command in (
            ["manage.py", "migrate", "--verbosity=0"],
            [
                "-m",
                "bench.load.tenants",
                str(connections),
                str(self.keys_file(connections)),
            ],
        ):
            subprocess.run(
                [sys.executable, *command], cwd=ROOT, env=self.environ(url), check=True
            )
        return url


@contextmanager
def bench_servers(vendor: Database) -> Iterator[BenchServers]:
    """Start the servers. Commits are durable: PostgreSQL has its own defaults."""
    keeper = Keeper(vendor, durable=True)
    try:
        yield BenchServers(vendor, keeper)
    finally:
        keeper.stop()
