"""PostgreSQL killed, cut off, or closed to writers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from tests.services.postgres import Cluster


def kill(cluster: Cluster) -> None:
    """All its processes by kill -9, amid whatever they commit."""
    for process in cluster.processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    cluster.server.wait()
    connection.close()  # ours is gone, too


def shut_down(cluster: Cluster) -> None:
    """At once: what is under way is rolled back at the next start."""
    cluster.server.send_signal(signal.SIGQUIT)
    cluster.server.wait()
    connection.close()


def freeze(cluster: Cluster) -> None:
    """The kernel still acknowledges what is sent to it; nobody responds."""
    for process in cluster.processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    connection.close()  # ours would wait


def thaw(cluster: Cluster) -> None:
    for process in cluster.processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


def cut_connections() -> None:
    """Each one to this database but ours."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def read_only() -> Iterator[None]:
    """As hosted databases do when their disk fills up, and as a standby is."""
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
