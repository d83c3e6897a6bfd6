"""One pytest process's share of the servers: databases that only it uses."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import redis

from tests.servers.environment import settings_for, without_settings
from tests.servers.valkey import DATABASES

if TYPE_CHECKING:
    from tests.servers.keeper import Servers

BROKER_DATABASES_PER_WORKER = 64
ROOT = Path(__file__).resolve().parents[2]


class Services:
    """Provides databases and environments; they are deleted with the servers."""

    def __init__(self, servers: Servers, worker: int) -> None:
        """`worker` counts from 0; no two processes of a run have the same number."""
        self.servers = servers
        self.folder = Path(servers.folder) / f"worker-{worker}"
        self.folder.mkdir()
        self._prefix = f"portal_{worker}"
        self._numbers = count()
        first = worker * BROKER_DATABASES_PER_WORKER % DATABASES
        self._broker_databases = cycle(
            range(first, first + BROKER_DATABASES_PER_WORKER)
        )

    def environ(self, **changes: str) -> dict[str, str]:
        """Return an environment for processes, with new, empty databases."""
        var = self.folder / f"var-{next(self._numbers)}"
        (var / "static").mkdir(parents=True)
        settings = settings_for(
            var=var, database_url=self.new_database(), redis_url=self.new_redis_url()
        )
        return without_settings(os.environ) | settings | changes

    def new_database(self) -> str:
        """Return the URL of an empty database."""
        name = f"{self._prefix}_{next(self._numbers)}"
        if not self.servers.postgres:
            return f"sqlite:///{self.folder / name}.sqlite3"
        with psycopg.connect(
            host=self.servers.postgres, user="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgres://postgres@/{name}?host={self.servers.postgres}"

    def migrated_database(self) -> str:
        """Return the URL of a database with all tables, which workers copy."""
        environ = self.environ()
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, env=environ, cwd=ROOT, check=True)
        return environ["DATABASE_URL"]

    def new_redis_url(self) -> str:
        """Return the URL of an empty broker database."""
        url = f"{self.servers.broker}/{next(self._broker_databases)}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url
