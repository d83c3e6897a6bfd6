"""Retries writes after the connection to the database was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from streams.base.database.session import DATABASE_DOWN

if TYPE_CHECKING:
    from collections.abc import Callable


def retry_lost_connection[T](write: Callable[[], T]) -> T:
    """Return the result of `write`; call it once more if the connection was lost.

    If the first call was committed but its response was lost, the second one must find
    duplicates and succeed.
    """
    before = connection.connection
    try:
        return write()
    except DATABASE_DOWN:
        # Django may have reconnected when it left the transaction.
        replaced = connection.connection is not before
        if before is None or (not replaced and connection.is_usable()):
            raise
    connection.close()
    return write()
