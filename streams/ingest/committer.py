"""Group commit: requests that arrive together share one transaction.

A commit costs the same for one event as for a hundred, and many small writers starve each
other. So one thread writes: while it does, others gather, and it takes them all next.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.db import connection

from streams.base.clock import now
from streams.base.database import DATABASE_DOWN
from streams.delivery.accept import Accepted, accept

if TYPE_CHECKING:
    from streams.events.log import Addition, Seqs

log = structlog.get_logger()

MAX_GROUP_BYTES = 8 * 1024 * 1024  # of payload in one transaction
MAX_WAITING_BYTES = 64 * 1024 * 1024  # beyond it requests are turned away


class Busy(Exception):
    """More waits to be written than the memory is meant to hold."""


class NotWritten(Exception):
    """The database refused this request's events; why is in the log."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What one request wants written."""

    additions: Sequence[Addition]
    size: int  # bytes
    done: Future[list[Seqs]] = field(default_factory=Future)


class Committer:
    """One thread, with a database connection of its own, that writes for everybody.

    `notify` is told the streams that have work after each transaction; it must return
    at once.
    """

    def __init__(self, notify: Callable[[set[int]], None]) -> None:
        self._notify = notify
        self._jobs: deque[_Job] = deque()
        self._waiting = 0  # bytes
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(
            target=self._run, name="ingest-writer", daemon=True
        )
        self._thread.start()

    def hand_over(self, additions: Sequence[Addition]) -> Future[list[Seqs]]:
        """Numbers per addition once they are durable, or the error that kept them out.

        Raises Busy. A future that is cancelled before its turn is not written.
        """
        size = sum(len(event.payload) for a in additions for event in a.events)
        job = _Job(additions, size)
        with self._changed:
            if self._closed or self._waiting + size > MAX_WAITING_BYTES:
                raise Busy
            self._jobs.append(job)
            self._waiting += size
            self._changed.notify()
        return job.done

    def close(self) -> None:
        """Write what was handed over, then end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._gather():
            self._write(
                [job for job in group if job.done.set_running_or_notify_cancel()]
            )
        connection.close()

    def _gather(self) -> list[_Job]:
        """All that waits, up to the bound; empty: there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            group: list[_Job] = []
            size = 0
            while self._jobs and (
                not group or size + self._jobs[0].size <= MAX_GROUP_BYTES
            ):
                job = self._jobs.popleft()
                group.append(job)
                size += job.size
            self._waiting -= size
            return group

    def _write(self, group: list[_Job]) -> None:
        if not group:
            return
        try:
            accepted = _durably([a for job in group for a in job.additions])
        except DATABASE_DOWN as error:
            log.warning("ingest.database_down", requests=len(group), error=str(error))
            connection.close()
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 - logged; it costs its request alone
            if len(group) > 1:
                for job in group:
                    self._write([job])
            else:
                # Not the error's text: a database quotes the row in it.
                log.error("ingest.request_failed", error=type(error).__name__)  # noqa: TRY400
                _fail(group, NotWritten())
        else:
            _resolve(group, accepted)
            self._notify(accepted.stream_ids)


def _durably(additions: Sequence[Addition]) -> Accepted:
    """Write in one transaction; once more if the connection had died in the meantime.

    Should the first try have been committed although its answer was lost, the second
    finds duplicates, which are a success.
    """
    before = connection.connection
    try:
        return accept(additions, now=now())
    except DATABASE_DOWN:
        # Leaving its transaction, Django may have connected anew by itself.
        replaced = connection.connection is not before
        if before is None or (not replaced and connection.is_usable()):
            raise
    connection.close()
    return accept(additions, now=now())


def _resolve(group: list[_Job], accepted: Accepted) -> None:
    first = 0
    for job in group:
        last = first + len(job.additions)
        job.done.set_result(accepted.seqs[first:last])
        first = last


def _fail(group: list[_Job], error: Exception) -> None:
    for job in group:
        job.done.set_exception(error)
