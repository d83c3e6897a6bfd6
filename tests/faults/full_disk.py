"""A full disk, simulated by the limit on the size of a file (Linux).

It needs no file system and no privileges, and applies to running processes. Each write
beyond the limit fails, in whatever file, as on a full disk; existing data can be read
and overwritten.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from tests.servers.child_processes import family

if TYPE_CHECKING:
    from tests.faults.deployment import Deployment

JOURNAL_FILE_BYTES = (
    1024 * 1024
)  # see disposable_postgres.py; less would stop the server
SQLITE_BYTES = 64 * 1024  # its files are larger, so nothing more can be appended


@contextmanager
def disk_full(deployment: Deployment) -> Iterator[None]:
    """No file of the database grows until the block ends."""
    _limit(
        deployment, _largest_relation_bytes() if deployment.database else SQLITE_BYTES
    )
    try:
        yield
    finally:
        _limit(deployment, "unlimited")


def _writers(deployment: Deployment) -> Iterator[int]:
    """Yield the processes that write the database's files, parents first.

    Children are listed after their parent was yielded: those that it starts later have
    its limit.
    """
    parents = (
        [deployment.database.server]
        if deployment.database
        else deployment.running.values()
    )
    for parent in parents:
        yield parent.pid
        yield from family(parent.pid)[1:]


def _limit(deployment: Deployment, limit: int | str) -> None:
    runs_as = deployment.database.runs_as if deployment.database else {}
    for process in _writers(deployment):
        # With a program, because root in a container may not do it for others.
        command = ["prlimit", f"--fsize={limit}:", "--pid", str(process)]
        said = subprocess.run(command, **runs_as)
        has_ended = not Path(f"/proc/{process}").exists()
        assert said.returncode == 0 or has_ended, command


def _largest_relation_bytes() -> int:
    """Return how large the table of today's events is; WAL files are smaller."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT max(pg_relation_size(inhrelid)) FROM pg_inherits"
            " WHERE inhparent = 'streams_event'::regclass"
        )
        return max(JOURNAL_FILE_BYTES, sql.fetchone()[0])
