"""A disposable PostgreSQL, to be killed and started again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers import postgres

# Small WAL files, so that the limit on the size of a file does not affect them
# (full_disk.py).
INITDB = ["--wal-segsize=1"]
OPTIONS = {"fsync": "on", "full_page_writes": "on", "max_wal_size": "64MB"}


@contextmanager
def own_postgres(address: str = "") -> Iterator[tuple[postgres.Cluster, str]]:
    """Yield a running server with durable commits, and the URL of its empty database.

    It listens on a socket, and with an address also there, for any client.
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
