"""A disk that is full, by the limit on how far a process may write into a file (Linux).

It needs no file system of its own and no rights, and can be put on processes that run:
each write beyond the limit fails, in whatever file, as on a full disk; what is there
already can be read and written over.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from tests.services.processes import family

if TYPE_CHECKING:
    from tests.faults.deployment import Site

JOURNAL_FILE_BYTES = 1024 * 1024  # see database.py; less would stop the whole server
SQLITE_BYTES = 64 * 1024  # its files are larger, so nothing more can be appended


@contextmanager
def disk_full(site: Site) -> Iterator[None]:
    """No file of the database grows, until the block ends."""
    _limit(site, _largest_relation_bytes() if site.database else SQLITE_BYTES)
    try:
        yield
    finally:
        _limit(site, "unlimited")


def _writers(site: Site) -> Iterator[int]:
    """The processes that write the database's files, parents in front.

    Children are asked for after their parent was given out: those that it starts later
    have its limit.
    """
    parents = [site.database.server] if site.database else site.running.values()
    for parent in parents:
        yield parent.pid
        yield from family(parent.pid)[1:]


def _limit(site: Site, limit: int | str) -> None:
    runs_as = site.database.runs_as if site.database else {}
    for process in _writers(site):
        # By a program, since root in a container may not do it for others.
        command = ["prlimit", f"--fsize={limit}:", "--pid", str(process)]
        said = subprocess.run(command, **runs_as)
        has_ended = not Path(f"/proc/{process}").exists()
        assert said.returncode == 0 or has_ended, command


def _largest_relation_bytes() -> int:
    """So far the table of today's events has come; the journal's files are smaller."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT max(pg_relation_size(inhrelid)) FROM pg_inherits"
            " WHERE inhparent = 'streams_event'::regclass"
        )
        return max(JOURNAL_FILE_BYTES, sql.fetchone()[0])
