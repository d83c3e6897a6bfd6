"""PostgreSQL killed, cut off, or read-only."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from tests.servers.postgres import Cluster


def kill(cluster: Cluster) -> None:
    """Send kill -9 to all its processes, whatever they are committing."""
    for process in cluster.processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    cluster.server.wait()
    connection.close()  # our connection is gone, too


def shut_down(cluster: Cluster) -> None:
    """Shut down at once: the next start rolls back what was in progress."""
    cluster.server.send_signal(signal.SIGQUIT)
    cluster.server.wait()
    connection.close()


def freeze(cluster: Cluster) -> None:
    """Stop its processes. The kernel still acknowledges data, but nothing responds."""
    for process in cluster.processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    connection.close()  # our own connection would hang


def thaw(cluster: Cluster) -> None:
    for process in cluster.processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


def cut_connections() -> None:
    """Close every connection to this database except ours."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def read_only() -> Iterator[None]:
    """Make it read-only, as hosted databases with a full disk and standbys are."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    setting = f"ALTER DATABASE {name} SET default_transaction_read_only"
    with connection.cursor() as sql:
        sql.execute(f"{setting} = on")
    cut_connections()
    try:
        yield
    finally:
        with connection.cursor() as sql:
            sql.execute("SET default_transaction_read_only = off")
            sql.execute(f"{setting} = off")
        cut_connections()
