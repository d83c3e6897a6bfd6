"""Direct use of PostgreSQL's driver, for the few statements that Django slows down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


@contextmanager
def driver_cursor() -> Iterator[psycopg.Cursor[Any]]:
    """Yield the driver's own cursor, which transfers bytes in binary form.

    Django's cursor transfers them as hexadecimal text. Raises Django's errors.
    """
    connection.ensure_connection()
    with (
        # Django only converts the errors of its own cursors.
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        yield cursor


@contextmanager
def pipeline() -> Iterator[psycopg.Cursor[Any]]:
    """Yield the same cursor in pipeline mode.

    Statements are sent without waiting for the results of earlier ones.
    """
    with driver_cursor() as cursor, connection.connection.pipeline():
        yield cursor


def columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Transpose rows to one list per column, for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)]
