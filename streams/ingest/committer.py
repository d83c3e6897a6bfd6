"""Group commit: requests that arrive together share one transaction.

A commit costs the same for one event as for a hundred, and many small writers starve each
other. So one thread writes: while it does, others gather, and it takes them all next.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import connection

from streams.base.clock import now
from streams.base.database import DATABASE_DOWN, is_lock_timeout
from streams.base.statements import within
from streams.delivery.accept import Accepted, accept
from streams.events.log import UnknownFeed
from streams.ingest.blocked import BlockedFeeds

if TYPE_CHECKING:
    from streams.events.log import Addition, Seqs

log = structlog.get_logger()

MAX_GROUP_BYTES = 8 * 1024 * 1024  # of payload in one transaction
MAX_WAITING_BYTES = 64 * 1024 * 1024  # beyond it requests are turned away

# Numbers per addition, or why there are none.
type Result = list[Seqs] | Exception
type Settled = list[tuple[Job, Result]]


class Busy(Exception):
    """More waits to be written than the memory is meant to hold."""


class NotWritten(Exception):
    """The database refused this request's events; why is in the log."""


@dataclass(slots=True)
class Job:
    """What one request wants written. `done` is for whoever settles it, to be called."""

    additions: Sequence[Addition]
    size: int  # bytes
    done: Callable[[Result], None]
    request_id: str = ""  # the proxy's, if it sent one
    is_given_up: bool = False  # its sender was told not to wait

    def give_up(self) -> None:
        """Leave it out, unless its turn has come."""
        self.is_given_up = True


class Committer:
    """One thread, with a database connection of its own, that writes for everybody.

    After each transaction, `settle` gets the results of its jobs, all at once, and
    `notify` the streams that have work now. Both are called in that thread, and must
    return at once.
    """

    def __init__(
        self,
        settle: Callable[[Settled], None],
        notify: Callable[[set[int]], None],
    ) -> None:
        self._settle = settle
        self._notify = notify
        self._jobs: deque[Job] = deque()
        self._waiting = 0  # bytes
        self._changed = threading.Condition()
        self._closed = False
        self._blocked = BlockedFeeds()
        self._thread = threading.Thread(
            target=self._run, name="ingest-writer", daemon=True
        )
        self._thread.start()

    def hand_over(
        self,
        additions: Sequence[Addition],
        done: Callable[[Result], None],
        request_id: str = "",
    ) -> Job:
        """Have events written. Raises Busy.

        The job is settled with numbers per addition once they are durable, or with the
        error that kept them out. One that is given up before its turn is not written.
        """
        size = sum([len(event.payload) for a in additions for event in a.events])
        job = Job(additions, size, done, request_id)
        with self._changed:
            if self._closed or self._waiting + size > MAX_WAITING_BYTES:
                raise Busy
            self._jobs.append(job)
            self._waiting += size
            self._changed.notify()
        return job

    def close(self) -> None:
        """Write what was handed over, then end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        with within(settings.INGEST_DEADLINE_S):
            while group := self._gather():
                try:
                    self._write([job for job in group if not job.is_given_up])
                except Exception:  # whoever is called back must not end the only writer
                    log.exception("ingest.writer_failed")
            connection.close()

    def _gather(self) -> list[Job]:
        """All that waits, up to the bound; empty: there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            group: list[Job] = []
            size = 0
            while self._jobs and (
                not group or size + self._jobs[0].size <= MAX_GROUP_BYTES
            ):
                job = self._jobs.popleft()
                group.append(job)
                size += job.size
            self._waiting -= size
            return group

    def _write(self, group: list[Job]) -> None:
        group = self._without_blocked(group)
        if not group:
            return
        try:
            accepted = _durably([a for job in group for a in job.additions])
        except DATABASE_DOWN as error:
            if is_lock_timeout(error) and self._blocked.find(_feeds(group), error):
                self._write(group)
                return
            log.warning("ingest.database_down", requests=len(group), error=str(error))
            connection.close()
            self._settle([(job, error) for job in group])
        except Exception as error:  # noqa: BLE001 - logged; it costs its request alone
            if len(group) > 1:
                for job in group:
                    self._write([job])
            elif isinstance(error, UnknownFeed):  # removed since it was looked up
                self._settle([(job, error) for job in group])
            else:
                # Not the error's text: a database quotes the row in it.
                log.error("ingest.request_failed", error=type(error).__name__)  # noqa: TRY400
                self._settle([(job, NotWritten()) for job in group])
        else:
            self._settle(_numbered(group, accepted))
            self._notify(accepted.stream_ids)

    def _without_blocked(self, group: list[Job]) -> list[Job]:
        """Those that can be written now; the others are settled with the error."""
        blocked = self._blocked.among(_feeds(group)) if self._blocked else None
        if not blocked:
            return group
        waiting = {id(job) for job in group if blocked & _feeds([job])}
        error = self._blocked.error
        self._settle([(job, error) for job in group if id(job) in waiting])
        return [job for job in group if id(job) not in waiting]


def _feeds(group: list[Job]) -> set[int]:
    return {addition.feed_id for job in group for addition in job.additions}


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


def _numbered(group: list[Job], accepted: Accepted) -> Settled:
    settled: Settled = []
    first = 0
    for job in group:
        last = first + len(job.additions)
        settled.append((job, accepted.seqs[first:last]))
        first = last
    return settled
