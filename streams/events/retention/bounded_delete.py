from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from datetime import date

CHUNK = 10_000  # rows deleted in one transaction


def delete_before(table: str, column: str, before: date) -> int:
    """Delete rows whose time or day in `column` is older, in small transactions; return how many."""
    where = f"{table} WHERE {column} < %s LIMIT {CHUNK}"
    # The name of a row's location in each database, which needs no scan.
    if connection.vendor == "postgresql":
        old = f"ctid = ANY(ARRAY(SELECT ctid FROM {where}))"  # noqa: S608
    else:
        old = f"rowid IN (SELECT rowid FROM {where})"  # noqa: S608
    ops = connection.ops
    if isinstance(before, datetime):
        oldest = ops.adapt_datetimefield_value(before)
    else:
        oldest = ops.adapt_datefield_value(before)
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE {old}", [oldest])  # noqa: S608
            deleted += int(cursor.rowcount)
            if cursor.rowcount < CHUNK:
                return deleted
