"""How long this process waits for a statement of its own on PostgreSQL.

The kernel of a server whose processes are frozen still acknowledges every packet, so no
timeout of TCP ends the wait. A connection that misses its deadline is closed; the next
one is made to whichever host of DATABASE_URL takes writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

WAKE_S = 0.1  # psycopg's own: how soon Ctrl-C is noticed


class _Deadline(threading.local):
    """Each thread's own; a new thread begins with that of the process."""

    process_s: float | None = None  # None: a command may take as long as it likes

    def __init__(self) -> None:
        self.seconds = self.process_s


_deadline = _Deadline()


def limit_process(seconds: float) -> None:
    """Bound the statements of this thread and of those that begin after it."""
    _Deadline.process_s = _deadline.seconds = seconds


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Bound the statements of this thread in the block, each for itself."""
    before, _deadline.seconds = _deadline.seconds, seconds
    try:
        yield
    finally:
        _deadline.seconds = before


def bound(*, connection: Any, **_: object) -> None:
    """Have a new connection heed the deadline of the thread that uses it."""
    if connection.vendor == "postgresql":
        driver = connection.connection
        # Every statement of psycopg waits here, COPY and pipelines too. A class of our
        # own would need a database backend of our own.
        driver.wait = _bounded(driver, driver.wait)


def _bounded(
    driver: psycopg.Connection[Any], wait: Callable[..., Any]
) -> Callable[..., Any]:
    def bounded(
        gen: Any, interval: float = WAKE_S, timeout: float | None = None
    ) -> Any:
        try:
            return wait(gen, interval, timeout or _deadline.seconds)
        except psycopg.errors._WaitTimeout as error:
            driver.pgconn.finish()
            message = f"No response from the database within {_deadline.seconds:g} s."
            raise psycopg.OperationalError(message) from error

    return bounded
