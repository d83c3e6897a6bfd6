from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection

from streams.base.clock import now

if TYPE_CHECKING:
    from datetime import datetime


def database_now() -> datetime:
    """Return the database's time, which is the same for all hosts."""
    if connection.vendor == "sqlite":  # it runs in this process
        return now()
    with connection.cursor() as sql:
        sql.execute("SELECT now()")
        return cast("datetime", sql.fetchone()[0])
