"""Deliver the events of a stream while this process holds its lease.

One thread schedules cursors, reads batches, and stores outcomes; a pool of senders waits
for the network. A cursor has at most one running request, so events of a feed are
delivered in order.
"""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from streams.base.database.session import DATABASE_DOWN, is_lock_timeout
from streams.base.database.statement_timeout import within
from streams.delivery import lease
from streams.delivery.connection.status import need_attention
from streams.delivery.engine.batch_reader import BatchReader
from streams.delivery.engine.due_cursors import DueCursors, unowned_due_streams
from streams.delivery.engine.erased_events import ErasedEvents, pass_over
from streams.delivery.engine.outcome_queue import OutcomeQueue
from streams.delivery.engine.scheduler import Scheduler
from streams.delivery.engine.sender import Sender
from streams.delivery.engine.store_outcome import CompletedRequest, rest
from streams.delivery.engine.unreadable_keys import readable_key
from streams.delivery.limits.send_policy import DrainPolicy
from streams.delivery.models import Cursor
from streams.delivery.replay.batches import NothingMatched, skip_to
from streams.delivery.segment.batch import Batch, MissingEvents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.connections.write_keys import WriteKey
    from streams.delivery.engine.fair_queue import DueCursor

log = structlog.get_logger()

# How long the lease is kept after the last request. Until then, a poll finds the next event
# without a message through the broker.
LINGER_S = 2.0
# How long a stream may keep a worker's thread while other streams wait.
SHIFT_S = 30.0
OTHERS_WAIT = timedelta(seconds=5)
CHECK_OTHERS_S = 5.0
# The time until an operator's change takes effect.
POLICY_AGE_S = 1.0


@dataclass(frozen=True, slots=True)
class SenderResult:
    """A completed request that a sender returns."""

    cursor: Cursor
    request: CompletedRequest | None  # None: it was not sent
    ended_at: float  # monotonic


def drain(stream_id: int, *, stop: threading.Event, linger_s: float = LINGER_S) -> bool:
    """Deliver for a stream until `stop`, or until nothing has been due for `linger_s`.

    False: another process holds the lease.
    """
    with within(settings.DRAIN_DEADLINE_S):
        owned = lease.take(stream_id)
        if owned is None:
            return False
        try:
            Drain(owned, stop, linger_s).run()
        except lease.LeaseLost:
            log.warning("drain.lease_lost", stream=stream_id)
        else:
            # Not after an error: the last requests still count against the rate limit, so
            # the next owner has to wait until the lease expires.
            owned.release()
    return True


class Drain:
    """Delivers for one stream under one lease."""

    def __init__(
        self, owned: lease.OwnedStream, stop: threading.Event, linger_s: float
    ) -> None:
        self._owned = owned
        self._stop = stop
        self._linger_s = linger_s
        self._sender = Sender(owned)
        self._policy = DrainPolicy.load(owned.stream_id)
        self._policy_read_at = time.monotonic()
        self._scheduler = Scheduler(
            requests_per_second=self._policy.requests_per_second,
            not_before=owned.may_send_at,
            at=self._policy_read_at,
        )
        self._cursors = DueCursors(owned.stream_id)
        self._reader = BatchReader()
        self._results: queue.SimpleQueue[SenderResult] = queue.SimpleQueue()
        self._outcome_queue = OutcomeQueue(owned)
        self._shift_ends = time.monotonic() + SHIFT_S
        self._yields = False

    def run(self) -> None:
        """Deliver until there is a reason to stop. Raises lease.LeaseLost."""
        try:
            with (
                closing(self._sender),
                ThreadPoolExecutor(settings.SENDER_THREADS, "sender") as senders,
            ):
                try:
                    self._work(senders)
                finally:  # store outcomes without waiting for the slowest response
                    self._write_late()
        finally:
            self._write_late()

    def _work(self, senders: ThreadPoolExecutor) -> None:
        while True:
            self._owned.keep()
            self._poll()
            while not self._is_leaving() and self._send_some(senders):
                pass
            if self._may_leave():
                return
            self._collect()

    def _may_leave(self) -> bool:
        # Only once the full rate limit is available again: the next owner starts with it.
        at = time.monotonic()
        if self._requests or not self._scheduler.is_limit_free(at):
            return False
        if self._is_leaving():
            return True
        return (
            not self._outcome_queue.deferred
            and self._scheduler.idle_s(at) > self._linger_s
        )

    @property
    def _requests(self) -> int:
        """The number of running requests."""
        return self._scheduler.open_turns - self._outcome_queue.deferred

    def _is_leaving(self) -> bool:
        """Whether to stop: on `stop`, or after a shift while other streams wait."""
        if not self._yields and time.monotonic() > self._shift_ends:
            self._yields = bool(unowned_due_streams(self._owned.now - OTHERS_WAIT))
            self._shift_ends = time.monotonic() + CHECK_OTHERS_S
        return self._yields or self._stop.is_set()

    def _poll(self) -> None:
        """Update the due cursors, if it is time to."""
        at = time.monotonic()
        if not self._scheduler.must_poll(at):
            return
        self._refresh_policy(at)
        skipped_regions = self._scheduler.regions_down(at) | self._policy.halted_regions
        found = self._cursors.poll(
            self._owned.now, skipped_regions=skipped_regions, only=self._policy.exempt
        )
        self._scheduler.offer([] if self._policy.halted else found, at)

    def _refresh_policy(self, at: float) -> None:
        if at - self._policy_read_at < POLICY_AGE_S:
            return
        self._policy = DrainPolicy.load(self._owned.stream_id)
        self._scheduler.change_limit(self._policy.requests_per_second)
        self._cursors.forget()
        self._policy_read_at = at

    def _send_some(self, senders: ThreadPoolExecutor) -> bool:
        """Start the requests that may be sent now. False: there are none."""
        idle = settings.SENDER_THREADS - self._requests
        chosen = self._scheduler.choose(time.monotonic(), idle_threads=idle)
        cursors = self._still_due(chosen)
        for due in chosen:
            cursor = cursors.get(due.cursor_id)
            if cursor is None or not self._try(cursor, due.region, senders):
                self._scheduler.end_turn(due.cursor_id)
        return bool(chosen)

    def _still_due(self, chosen: list[DueCursor]) -> dict[int, Cursor]:
        """Return their cursors, without those that may no longer send."""
        if not chosen:
            return {}
        rows = Cursor.objects.due(self._owned.now).filter(
            self._policy.still_exempt, pk__in=[due.cursor_id for due in chosen]
        )
        found = rows.select_related("connection", "feed")
        return {cursor.pk: cursor for cursor in found}

    def _try(self, cursor: Cursor, region: str, senders: ThreadPoolExecutor) -> bool:
        """Call `_start`; skip the cursor if another session has locked its row."""
        try:
            return self._start(cursor, region, senders)
        except DATABASE_DOWN as error:
            if not is_lock_timeout(error):
                raise
            log.warning("drain.row_locked", cursor=cursor.pk)
            self._scheduler.postpone(cursor.pk, time.monotonic())
            return False

    def _start(self, cursor: Cursor, region: str, senders: ThreadPoolExecutor) -> bool:
        """Start a request for a cursor. False: it has nothing to send, or can't send."""
        # After a change of region, the cursor is offered again with the new one.
        if cursor.connection.region != region:
            return False
        batch = self._read(cursor)
        if batch is None:
            return False
        key = readable_key(cursor, now=self._owned.now)
        if key is None:
            return False
        self._scheduler.sent(region, time.monotonic())
        senders.submit(self._send, cursor, batch, key)
        return True

    def _read(self, cursor: Cursor) -> Batch | None:
        try:
            batch = self._reader.read(cursor)
            if batch is None:
                rest({cursor.pk})
            return batch
        except NothingMatched as passed:
            skip_to(cursor, passed.up_to, now=self._owned.now)
            return None
        except ErasedEvents as passed:
            pass_over(cursor, passed)
            return None
        except MissingEvents as error:
            # Retention may have moved the cursor past them since it was read.
            if not Cursor.objects.filter(pk=cursor.pk, position=cursor.position):
                return None
            need_attention(connection=cursor.connection, reason=str(error))
            log.exception("drain.missing_events", cursor=cursor.pk)
            return None

    def _send(self, cursor: Cursor, batch: Batch, key: WriteKey) -> None:
        """Send a batch. Runs in a sender's thread."""
        request = self._sender.send(cursor, batch, key)
        self._results.put(SenderResult(cursor, request, time.monotonic()))

    def _collect(self) -> None:
        """Wait briefly for responses, and store all that have arrived."""
        results: list[SenderResult] = []
        with suppress(queue.Empty):
            wait_s = self._scheduler.wait_s(time.monotonic())
            results = [self._results.get(timeout=wait_s), *self._at_hand()]
        for result in results:
            self._settle(result)
        written, due = self._outcome_queue.write(
            [one.request for one in results if one.request]
        )
        self._scheduler.end_turns([request.cursor.pk for request in written], due=due)

    def _settle(self, result: SenderResult) -> None:
        self._scheduler.settle(
            result.cursor,
            result.request.response if result.request else None,
            ended_at=result.ended_at,
            at=time.monotonic(),
        )
        if result.request is None:
            self._scheduler.end_turn(result.cursor.pk)

    def _write_late(self) -> None:
        self._outcome_queue.write_late(
            [one.request for one in self._at_hand() if one.request]
        )

    def _at_hand(self) -> Iterator[SenderResult]:
        while True:
            try:
                yield self._results.get_nowait()
            except queue.Empty:
                return
