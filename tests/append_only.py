"""The audit log is append-only in the database; here is the way around that, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from streams.audit.models import AuditEntry

TABLE = AuditEntry._meta.db_table


@contextmanager
def entries_may_go() -> Iterator[None]:
    """As somebody who owns the database could let them."""
    before, after = guards()
    with connection.cursor() as cursor:
        for statement in before:
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for statement in after:
            cursor.execute(statement)


def guards() -> tuple[list[str], list[str]]:
    """What takes the triggers away, and what puts them back."""
    if connection.vendor == "postgresql":
        # No check of a key may be left for the end: the table could not be altered.
        return (
            [
                "SET CONSTRAINTS ALL IMMEDIATE",
                f"ALTER TABLE {TABLE} DISABLE TRIGGER USER",
            ],
            [
                f"ALTER TABLE {TABLE} ENABLE TRIGGER USER",
                "SET CONSTRAINTS ALL DEFERRED",
            ],
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            [TABLE],
        )
        found = cursor.fetchall()
    return [f"DROP TRIGGER {name}" for name, _ in found], [sql for _, sql in found]
