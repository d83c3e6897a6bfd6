"""Store a drain's outcomes, even if rows are locked or the database restarts."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.db import connection

from streams.base.database.frozen_sessions import end_frozen_sessions
from streams.base.database.session import DATABASE_DOWN, is_lock_timeout
from streams.delivery.cursor_store import store
from streams.delivery.engine.store_outcome import CompletedRequest, record, rest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streams.delivery.lease import OwnedStream

log = structlog.get_logger()

DATABASE_RETRY_S = 0.25
CHECK_AGAIN_S = 0.5  # for rows that another session had locked


class OutcomeQueue:
    """The outcomes of a drain's requests that are not stored yet.

    One thread stores the outcomes of all connections of a stream, so it never waits twice
    for the same locked row: it sets those outcomes aside until the row is free.
    """

    def __init__(self, owned: OwnedStream) -> None:
        self._owned = owned
        self._deferred: list[CompletedRequest] = []
        # What `write` was storing when it failed.
        self._unwritten: list[CompletedRequest] = []
        self._checked_at = 0.0  # monotonic

    @property
    def deferred(self) -> int:
        """The number of outcomes that wait for a lock."""
        return len(self._deferred)

    def write(
        self, requests: list[CompletedRequest]
    ) -> tuple[list[CompletedRequest], set[int]]:
        """Store these outcomes, and those set aside whose rows are free.

        Returns the stored outcomes, and the IDs of the cursors that have more to send.
        Waits for a restarting database while the lease is valid; otherwise delivered
        events would be sent again.
        """
        requests = [*self._freed(), *requests]
        if not requests:
            return [], set()
        self._unwritten = requests
        written, due = self._patiently(partial(self._record, requests))
        self._unwritten = []
        caught_up = {one.cursor.pk for one in written if one.caught_up}
        if resting := due & caught_up:
            due -= self._patiently(partial(rest, resting))
        return written, due

    def write_late(self, requests: list[CompletedRequest]) -> None:
        """Try once to store the remaining outcomes, even if the lease may be lost.

        This is safe, because only cursors with an unchanged position are updated.
        """
        late = [*self._unwritten, *self._deferred, *requests]
        self._unwritten, self._deferred = [], []
        try:
            if late:
                self._record(late)
        except DATABASE_DOWN as error:
            log.warning("drain.outcomes_lost", requests=len(late), error=str(error))

    def _record(
        self, requests: list[CompletedRequest]
    ) -> tuple[list[CompletedRequest], set[int]]:
        left = [request for request in requests if request not in self._deferred]
        for _ in range(2):
            try:
                due = record(left, now=self._owned.now)
            except DATABASE_DOWN as error:
                if not is_lock_timeout(error):
                    raise
                blocked = self._blocked(left)
                log.warning("drain.rows_locked", connections=sorted(blocked))
                self._defer(
                    [one for one in left if one.cursor.connection_id in blocked]
                )
                left = [one for one in left if one.cursor.connection_id not in blocked]
            else:
                return left, due
        self._defer(left)
        return [], set()

    def _defer(self, requests: list[CompletedRequest]) -> None:
        self._deferred += requests
        self._checked_at = time.monotonic()

    def _freed(self) -> list[CompletedRequest]:
        """Return, and no longer set aside, the outcomes whose rows are free."""
        at = time.monotonic()
        if not self._deferred or at - self._checked_at < CHECK_AGAIN_S:
            return []
        self._checked_at = at
        end_frozen_sessions()
        blocked = self._patiently(partial(self._blocked, self._deferred))
        freed = [
            one for one in self._deferred if one.cursor.connection_id not in blocked
        ]
        self._deferred = [
            one for one in self._deferred if one.cursor.connection_id in blocked
        ]
        return freed

    def _blocked(self, requests: Sequence[CompletedRequest]) -> set[int]:
        return store().blocked_connections(
            {one.cursor.connection_id for one in requests}
        )

    def _patiently[T](self, write: Callable[[], T]) -> T:
        while True:
            try:
                return write()
            except DATABASE_DOWN:
                if self._owned.remaining_s < DATABASE_RETRY_S:
                    raise
                log.exception("drain.database_lost", stream=self._owned.stream_id)
                connection.close()
                time.sleep(DATABASE_RETRY_S)  # nothing else can run meanwhile
