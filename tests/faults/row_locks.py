"""Rows locked by another session, and processes frozen while they hold a lock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from tests.portal_processes import until

if TYPE_CHECKING:
    from django.db.models import Model

    from tests.faults.deployment import Deployment

WAITING = "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
IN_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)"
    " AND (state = 'idle in transaction'"
    "   OR state = 'active' AND wait_event = 'ClientRead')"
)
TRIES = 20
LOCK_TIMEOUT_S = (
    int(settings.SESSION_SETTINGS["lock_timeout"].removesuffix("ms")) / 1000
)


def connect(**options: Any) -> psycopg.Connection:
    parameters = connection.get_connection_params()
    keys = ("dbname", "user", "password", "host", "port", "target_session_attrs")
    chosen = {key: parameters[key] for key in keys if parameters.get(key)}
    return psycopg.connect(**chosen, **options)


@contextmanager
def held(*rows: Model) -> Iterator[psycopg.Connection]:
    """Another session, such as an operator's psql, locks these rows."""
    with closing(connect()) as session:
        for row in rows:
            table, key = row._meta.db_table, row._meta.pk.column
            lock = sql.SQL("SELECT 1 FROM {} WHERE {} = %s FOR UPDATE")
            statement = lock.format(sql.Identifier(table), sql.Identifier(key))
            assert session.execute(statement, [row.pk]).fetchone()
        yield session


@contextmanager
def frozen_inside(
    deployment: Deployment, names: Sequence[str], row: Model
) -> Iterator[str]:
    """Freeze one of these processes inside a transaction that holds the row.

    It is caught while it waits for the row, which we hold. It is stopped, then we let
    go, and the database gives the row to a process that does nothing more.
    """
    name = _freeze(deployment, names, row)
    try:
        yield name
    finally:
        if name in deployment.running:
            deployment.thaw(name)


def _freeze(deployment: Deployment, names: Sequence[str], row: Model) -> str:
    with closing(connect(autocommit=True)) as watcher:
        for name in islice(cycle(names), TRIES):
            with held(row) as holder:
                holding = [holder.info.backend_pid]
                until(lambda: watcher.execute(WAITING, holding).fetchall())  # noqa: B023
                deployment.freeze(name)
                waiting = [pid for (pid,) in watcher.execute(WAITING, holding)]
            time.sleep(0.3)  # the transaction of a running process has ended by then
            [(count,)] = watcher.execute(IN_TRANSACTION, [waiting])
            if count:
                return name
            deployment.thaw(name)
    raise AssertionError("no process could be stopped inside a transaction")
