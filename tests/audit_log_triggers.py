"""Let a test change the audit log, which triggers in the database make append-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from streams.audit.models import AuditEntry

TABLE = AuditEntry._meta.db_table


@contextmanager
def entries_may_go() -> Iterator[None]:
    """Remove the triggers, as the owner of the database could."""
    before, after = guards()
    with connection.cursor() as cursor:
        for statement in before:
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for statement in after:
            cursor.execute(statement)


def guards() -> tuple[list[str], list[str]]:
    """Return the statements that drop the triggers, and those that restore them."""
    if connection.vendor == "postgresql":
        # A deferred check of a foreign key would prevent the change to the table.
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
