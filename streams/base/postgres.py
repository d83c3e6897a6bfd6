"""PostgreSQL's driver itself, for the few statements that Django's way costs too much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


@contextmanager
def driver_cursor() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor of the driver's own, which passes bytes as they are: Django's writes them
    as hexadecimal text, both ways. Raises Django's errors."""
    connection.ensure_connection()
    with (
        # Django names the errors of its own cursors alone as its own.
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        yield cursor


@contextmanager
def pipeline() -> Iterator[psycopg.Cursor[Any]]:
    """The same, and what is executed within is sent at once, without waiting for the
    answer to what was sent before."""
    with driver_cursor() as cursor, connection.connection.pipeline():
        yield cursor


def columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as a list for each column, which `unnest` makes rows of again."""
    return [list(column) for column in zip(*rows, strict=True)]
