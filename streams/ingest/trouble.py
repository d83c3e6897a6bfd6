"""What a database's refusal means for a sender: come again, and when."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from streams.ingest.answers import database_down
from streams.ingest.pressure import storage_full

if TYPE_CHECKING:
    from streams.base.refusals import RequestRefused

DISK_FULL = "53100"  # PostgreSQL's SQLSTATE


def not_stored(error: Exception) -> RequestRefused:
    """The answer to events that were not written because of one of DATABASE_DOWN.

    Nothing was wrong with them: the same may pass later.
    """
    return storage_full() if disk_is_full(error) else database_down()


def disk_is_full(error: Exception) -> bool:
    """Whether the database had no room; Django keeps the driver's own error as the cause."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == DISK_FULL
