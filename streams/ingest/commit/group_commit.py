"""Group commit: requests that arrive together share one transaction.

A commit costs the same for one event as for a hundred, and many small writers starve each
other. So a single thread writes, and the requests that arrive in the meantime form the next
group.
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
from streams.base.database.lost_connection import retry_lost_connection
from streams.base.database.session import DATABASE_DOWN, is_lock_timeout
from streams.base.database.statement_timeout import within
from streams.delivery.append import AppendResult, accept
from streams.delivery.cursor_store import store
from streams.events.log import UnknownFeed
from streams.ingest.commit.blocked_feeds import BlockedFeeds

if TYPE_CHECKING:
    from streams.events.log import FeedAddition, Seqs

log = structlog.get_logger()

MAX_GROUP_BYTES = 8 * 1024 * 1024  # of payload in one transaction
MAX_WAITING_BYTES = 64 * 1024 * 1024  # beyond this, requests are refused

# Numbers per addition, or the error.
type Result = list[Seqs] | Exception
type Settled = list[tuple[WriteJob, Result]]


class WriterBusy(Exception):
    """Too many bytes are waiting to be written."""


class WriteFailed(Exception):
    """The database refused this request's events. The reason is in the log."""


@dataclass(slots=True)
class WriteJob:
    """The events of one request to write. `done` is called with the result."""

    additions: Sequence[FeedAddition]
    size: int  # bytes
    done: Callable[[Result], None]
    request_id: str = ""  # from the proxy, if it sent one
    is_given_up: bool = False  # its sender already has a response

    def give_up(self) -> None:
        """Don't write these events, unless writing has started."""
        self.is_given_up = True


class GroupCommitter:
    """The thread that writes for all requests, with its own database connection.

    After each transaction, it calls `settle` with the results of all jobs and `notify`
    with the streams that have events to send. Both run in this thread and must not block.
    """

    def __init__(
        self,
        settle: Callable[[Settled], None],
        notify: Callable[[set[int]], None],
    ) -> None:
        self._settle = settle
        self._notify = notify
        self._jobs: deque[WriteJob] = deque()
        self._waiting = 0  # bytes
        self._changed = threading.Condition()
        self._closed = False
        self._blocked = BlockedFeeds(lambda feed_ids: store().blocked_feeds(feed_ids))
        self._thread = threading.Thread(
            target=self._run, name="ingest-writer", daemon=True
        )
        self._thread.start()

    def hand_over(
        self,
        additions: Sequence[FeedAddition],
        done: Callable[[Result], None],
        request_id: str = "",
    ) -> WriteJob:
        """Queue events to be written. Raises WriterBusy.

        The job's result is the numbers per addition once the events are durable, or an
        error. A job that is given up before its turn is not written.
        """
        size = sum([len(event.payload) for a in additions for event in a.events])
        job = WriteJob(additions, size, done, request_id)
        with self._changed:
            if self._closed or self._waiting + size > MAX_WAITING_BYTES:
                raise WriterBusy
            self._jobs.append(job)
            self._waiting += size
            self._changed.notify()
        return job

    def close(self) -> None:
        """Write all queued events, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        with within(settings.INGEST_DEADLINE_S):
            while group := self._gather():
                try:
                    self._write([job for job in group if not job.is_given_up])
                except Exception:  # an error in a callback must not end the only writer
                    log.exception("ingest.writer_failed")
            connection.close()

    def _gather(self) -> list[WriteJob]:
        """Wait for jobs, and return them up to the limit. Empty once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            group: list[WriteJob] = []
            size = 0
            while self._jobs and (
                not group or size + self._jobs[0].size <= MAX_GROUP_BYTES
            ):
                job = self._jobs.popleft()
                group.append(job)
                size += job.size
            self._waiting -= size
            return group

    def _write(self, group: list[WriteJob]) -> None:
        group = self._without_blocked(group)
        if not group:
            return
        try:
            additions = [a for job in group for a in job.additions]
            appended = retry_lost_connection(lambda: accept(additions, now=now()))
        except DATABASE_DOWN as error:
            if is_lock_timeout(error) and self._blocked.find(_feeds(group), error):
                self._write(group)
                return
            log.warning("ingest.database_down", requests=len(group), error=str(error))
            connection.close()
            self._settle([(job, error) for job in group])
        except Exception as error:  # noqa: BLE001 - logged; only its request fails
            if len(group) > 1:
                for job in group:
                    self._write([job])
            elif isinstance(error, UnknownFeed):  # deleted since it was looked up
                self._settle([(job, error) for job in group])
            else:
                # Don't log the error's text, because it can quote the row.
                log.error("ingest.request_failed", error=type(error).__name__)  # noqa: TRY400
                self._settle([(job, WriteFailed()) for job in group])
        else:
            self._settle(_numbered(group, appended))
            self._notify(appended.stream_ids)

    def _without_blocked(self, group: list[WriteJob]) -> list[WriteJob]:
        """Return the jobs that can be written now. The others fail with an error."""
        blocked = self._blocked.among(_feeds(group)) if self._blocked else None
        if not blocked:
            return group
        waiting = {id(job) for job in group if blocked & _feeds([job])}
        error = self._blocked.error
        self._settle([(job, error) for job in group if id(job) in waiting])
        return [job for job in group if id(job) not in waiting]


def _feeds(group: list[WriteJob]) -> set[int]:
    return {addition.feed_id for job in group for addition in job.additions}


def _numbered(group: list[WriteJob], appended: AppendResult) -> Settled:
    settled: Settled = []
    first = 0
    for job in group:
        last = first + len(job.additions)
        settled.append((job, appended.seqs[first:last]))
        first = last
    return settled
