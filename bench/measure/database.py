"""Count PostgreSQL's work: statements from its log, and bytes of WAL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from bench.harness.servers import BenchServers

# Uses the log, because not every installation has the extension pg_stat_statements.
_STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]*): ")


def log_statements(servers: BenchServers, database_url: str) -> None:
    """Log every statement of connections that are opened from now on."""
    name = urlsplit(database_url).path.removeprefix("/")
    with servers.connect() as connection:
        connection.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
        connection.execute(f"ALTER DATABASE {name} SET log_parameter_max_length = 0")


class StatementCount:
    """The statements of all processes since its creation, including BEGIN and COMMIT."""

    def __init__(self, servers: BenchServers) -> None:
        self._log = servers.postgres_log
        self._from = self._log.stat().st_size

    def so_far(self) -> int:
        with self._log.open("rb") as log:
            log.seek(self._from)
            return sum(1 for line in log if _STATEMENT.search(line))


def wal_bytes(servers: BenchServers) -> int:
    """Return the bytes that were ever written to the WAL."""
    with servers.connect() as connection:
        row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(row.fetchone()[0])
