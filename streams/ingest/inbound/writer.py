"""Group commit of events from Segment: requests that arrive together share a transaction.

Another thread than that of the tool's events writes them, so neither waits for the other.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.db import connection

from streams.base.clock import now
from streams.base.database.lost_connection import retry_lost_connection
from streams.base.database.session import DATABASE_DOWN, is_lock_timeout
from streams.base.database.statement_timeout import within
from streams.identity.inbound.receive import (
    InboundReceipt,
    UnknownAddress,
    receive,
    receive_request,
)
from streams.identity.inbound.refusal_notes import note_refusals
from streams.identity.links import MOST_IDENTIFIERS
from streams.identity.map_lock import locked_by_others
from streams.ingest.commit.blocked_feeds import BlockedFeeds
from streams.ingest.commit.group_commit import WriterBusy
from streams.privacy.requests import erase_as_in_segment

if TYPE_CHECKING:
    from streams.identity.inbound.receive import InboundDelivery
    from streams.identity.inbound.refusals import EventRefusal

log = structlog.get_logger()

MAX_GROUP = 1_000  # events in one transaction
MAX_WAITING = 20_000  # events; beyond this, requests are refused
# Segment waits 5 to 10 seconds. A request that waited for longer than this is refused.
PATIENCE_S = 2.0
DEADLINE_S = 3.0  # of a statement, such as one that waits for a lock
NOTE_EVERY_S = 1.0  # refusals of an address
MOST_NOTES = 1_000  # addresses

type InboundResult = InboundReceipt | Exception
type InboundSettled = list[tuple[InboundJob, InboundResult]]


@dataclass(slots=True)
class InboundJob:
    """The events of one request. `done` is called with the result."""

    delivery: InboundDelivery
    done: Callable[[InboundResult], None]
    handed_over_s: float = field(default_factory=time.monotonic)
    is_given_up: bool = False  # its sender already has a response
    claims: int = 0  # links that it can add

    def give_up(self) -> None:
        """Don't write these events, unless writing has started."""
        self.is_given_up = True


class InboundWriter:
    """The thread that writes for all requests, with its own database connection.

    After each transaction, it calls `settle` with the results, which must not block.
    """

    def __init__(self, settle: Callable[[InboundSettled], None]) -> None:
        self._settle = settle
        self._jobs: deque[InboundJob] = deque()
        self._waiting = 0  # events
        self._notes: dict[int, EventRefusal] = {}
        self._noted_s = float("-inf")
        self._changed = threading.Condition()
        self._blocked = BlockedFeeds(locked_by_others)
        self._closed = False
        self._thread = threading.Thread(
            target=self._run, name="inbound-writer", daemon=True
        )
        self._thread.start()

    def hand_over(
        self, delivery: InboundDelivery, done: Callable[[InboundResult], None]
    ) -> InboundJob:
        """Queue events to be written. Raises WriterBusy."""
        job = InboundJob(delivery, done, claims=delivery.claims)
        size = len(delivery.events)
        with self._changed:
            if self._closed or self._waiting + size > MAX_WAITING:
                raise WriterBusy
            self._jobs.append(job)
            self._waiting += size
            self._changed.notify()
        return job

    def note(self, address_id: int, why: EventRefusal) -> None:
        """Show this refusal at its address soon, unless a later one replaces it."""
        with self._changed:
            if len(self._notes) < MOST_NOTES or address_id in self._notes:
                self._notes[address_id] = why
                self._changed.notify()

    def close(self) -> None:
        """Write all queued events, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        with within(DEADLINE_S):
            while self._wait():
                try:
                    self._write(self._gather())
                    self._write_notes()
                except Exception:  # an error must not end the only writer
                    log.exception("inbound.writer_failed")
            connection.close()

    def _wait(self) -> bool:
        """Wait for work. Returns False once closed and finished."""
        with self._changed:
            while not self._jobs and not self._closed:
                rest_s = self._noted_s + NOTE_EVERY_S - time.monotonic()
                if self._notes and rest_s <= 0:
                    break
                self._changed.wait(rest_s if self._notes else None)
            return bool(self._jobs or self._notes or not self._closed)

    def _gather(self) -> list[InboundJob]:
        """Return queued jobs up to the limit. Those that waited too long are refused."""
        group: list[InboundJob] = []
        late: InboundSettled = []
        size = claims = 0
        with self._changed:
            while self._jobs:
                events = len(self._jobs[0].delivery.events)
                more = self._jobs[0].claims
                is_full = size + events > MAX_GROUP or claims + more > MOST_IDENTIFIERS
                if group and is_full:
                    break
                job = self._jobs.popleft()
                self._waiting -= events
                if job.is_given_up:
                    continue
                if time.monotonic() > job.handed_over_s + PATIENCE_S:
                    late.append((job, WriterBusy()))
                    continue
                group.append(job)
                size += events
                claims += more
        if late:
            self._settle(late)
        return group

    def _write(self, group: list[InboundJob]) -> None:
        group = self._without_blocked(group)
        if not group:
            return
        try:
            deliveries = [job.delivery for job in group]
            receipts = retry_lost_connection(lambda: _receive(deliveries))
        except DATABASE_DOWN as error:
            feeds = {job.delivery.feed_id for job in group}
            if is_lock_timeout(error) and self._blocked.find(feeds, error):
                self._write(group)
                return
            log.warning("ingest.database_down", requests=len(group), error=str(error))
            connection.close()
            self._settle([(job, error) for job in group])
        except Exception as error:  # noqa: BLE001 - logged; only its request fails
            if len(group) > 1:
                for job in group:
                    self._write([job])
                return
            if not isinstance(error, UnknownAddress):
                # Don't log the error's text, because it can quote the row.
                log.error("inbound.request_failed", error=type(error).__name__)  # noqa: TRY400
            self._settle([(group[0], error)])
        else:
            self._settle(list(zip(group, receipts, strict=True)))

    def _without_blocked(self, group: list[InboundJob]) -> list[InboundJob]:
        """Return the jobs that can be written now. The others fail with an error."""
        if not self._blocked:
            return group
        blocked = self._blocked.among([job.delivery.feed_id for job in group])
        error = self._blocked.error
        stuck = [job for job in group if job.delivery.feed_id in blocked]
        if stuck:
            self._settle([(job, error) for job in stuck])
        return [job for job in group if job.delivery.feed_id not in blocked]

    def _write_notes(self) -> None:
        with self._changed:
            due = time.monotonic() >= self._noted_s + NOTE_EVERY_S or self._closed
            notes, self._notes = (self._notes, {}) if due else ({}, self._notes)
        if not notes:
            return
        self._noted_s = time.monotonic()
        try:
            note_refusals(notes, at=now())
        except DATABASE_DOWN as error:  # only a display
            log.warning("inbound.refusals_not_noted", error=type(error).__name__)
            connection.close()


def _receive(deliveries: list[InboundDelivery]) -> list[InboundReceipt]:
    """Write in one transaction; a large request in several."""
    if len(deliveries) == 1:
        return [receive_request(deliveries[0], at=now(), delete=erase_as_in_segment)]
    return receive(deliveries, at=now(), delete=erase_as_in_segment)
