"""Timeouts for this process's statements on PostgreSQL.

If a server's processes are frozen, its kernel still acknowledges every packet, so no TCP
timeout ends the wait. A connection that misses its deadline is closed. The next one goes to
whichever host of DATABASE_URL accepts writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

WAKE_S = 0.1  # psycopg's default: the delay until Ctrl-C is noticed


class _Deadline(threading.local):
    """The deadline of each thread; a new thread starts with that of the process."""

    process_s: float | None = None  # None: no limit, for commands

    def __init__(self) -> None:
        self.seconds = self.process_s


_deadline = _Deadline()


def limit_process(seconds: float) -> None:
    """Limit each statement of this thread, and of threads that start later."""
    _Deadline.process_s = _deadline.seconds = seconds


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit each statement of this thread within the block."""
    before, _deadline.seconds = _deadline.seconds, seconds
    try:
        yield
    finally:
        _deadline.seconds = before


def bound(*, connection: Any, **_: object) -> None:
    """Apply the deadline of the current thread to a new connection."""
    if connection.vendor == "postgresql":
        driver = connection.connection
        # Every statement of psycopg waits here, including COPY and pipelines. A subclass
        # would need a custom database backend.
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
