"""Turns database errors into responses that ask the sender to retry."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from streams.ingest.commit.backpressure import storage_full
from streams.ingest.http.responses import database_down

if TYPE_CHECKING:
    from streams.base.request_errors import RequestRefused

DISK_FULL = "53100"  # PostgreSQL's SQLSTATE


def not_stored(error: Exception) -> RequestRefused:
    """Return the refusal for events that were not stored because of a DATABASE_DOWN error.

    The events are valid, so a retry can succeed.
    """
    return storage_full() if disk_is_full(error) else database_down()


def disk_is_full(error: Exception) -> bool:
    """Whether the database's disk is full, by the driver's error, which Django chains."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == DISK_FULL
