"""Work in another thread, which may have to wait for a lock of this one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection


def in_thread[T, **P](
    pool: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **named: P.kwargs
) -> Future[T]:
    """Run `work` in a thread of `pool` with its own connection to the database."""

    def then_close() -> T:
        try:
            return work(*args, **named)
        finally:
            connection.close()

    return pool.submit(then_close)


def someone_waits() -> bool:
    """Whether another session waits for a lock of this one (PostgreSQL only)."""
    with connection.cursor() as cursor:
        # Not pg_stat_activity: a transaction sees it as it was when it first looked.
        cursor.execute(
            "SELECT 1 FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone() is not None
