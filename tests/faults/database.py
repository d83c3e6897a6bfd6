"""A PostgreSQL of a test's own, to be killed and started again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.services import postgres

# Small files of the journal, so that the limit on a file's size spares them (limits.py).
INITDB = ["--wal-segsize=1"]
OPTIONS = {"fsync": "on", "full_page_writes": "on", "max_wal_size": "64MB"}


@contextmanager
def own_postgres(address: str = "") -> Iterator[tuple[postgres.Cluster, str]]:
    """A running server that keeps its word, and the URL of its database, still empty.

    By its socket; with an address it can be reached there, too, by anybody.
    """
    with TemporaryDirectory(prefix="portal-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # it may run as another user
        binaries = postgres.find_binaries()
        options = OPTIONS | {"listen_addresses": address}
        with postgres.cluster(binaries, folder / "p", *INITDB, **options) as cluster:
            with (folder / "p" / "data" / "pg_hba.conf").open("a") as may_connect:
                may_connect.write("host all all all trust\n")
            cluster.start()
            yield cluster, f"postgres://postgres@/postgres?host={folder / 'p'}"
