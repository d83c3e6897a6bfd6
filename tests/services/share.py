"""One pytest process's share of the servers: databases that it alone works with."""

from __future__ import annotations

import os
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import redis

from tests.services.environment import settings_for, without_settings
from tests.services.valkey import DATABASES

if TYPE_CHECKING:
    from tests.services.keeper import Servers

BROKER_DATABASES_PER_WORKER = 64


class Services:
    """Hands out databases and environments; the servers' end clears them all up."""

    def __init__(self, servers: Servers, worker: int) -> None:
        """`worker` counts from 0; no two processes of a run have the same."""
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
        """A whole environment for processes: its databases are empty and its own."""
        var = self.folder / f"var-{next(self._numbers)}"
        (var / "static").mkdir(parents=True)
        settings = settings_for(
            var=var, database_url=self.new_database(), redis_url=self.new_redis_url()
        )
        return without_settings(os.environ) | settings | changes

    def new_database(self) -> str:
        """The URL of a database with nothing in it."""
        name = f"{self._prefix}_{next(self._numbers)}"
        if not self.servers.postgres:
            return f"sqlite:///{self.folder / name}.sqlite3"
        with psycopg.connect(
            host=self.servers.postgres, user="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgres://postgres@/{name}?host={self.servers.postgres}"

    def new_redis_url(self) -> str:
        """The URL of a broker database with nothing in it."""
        url = f"{self.servers.broker}/{next(self._broker_databases)}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url
