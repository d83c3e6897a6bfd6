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
from streams.delivery.engine.record import CompletedRequest, record, rest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streams.delivery.lease import OwnedStream

log = structlog.get_logger()

DATABASE_RETRY_S = 0.25
LOOK_AGAIN_S = 0.5  # for rows that another session had locked


class RecordQueue:
    """The outcomes of a drain's requests that are not stored yet.

    One thread stores the outcomes of all connections of a stream, so it never waits twice
    for the same locked row: it sets those outcomes aside until the row is free.
    """

    def __init__(self, owned: OwnedStream) -> None:
        self._owned = owned
        self._aside: list[CompletedRequest] = []
        self._unwritten: list[
            CompletedRequest
        ] = []  # what `write` was storing when it failed
        self._looked_at = 0.0  # monotonic

    @property
    def aside(self) -> int:
        """The number of outcomes that wait for a lock."""
        return len(self._aside)

    def write(
        self, sents: list[CompletedRequest]
    ) -> tuple[list[CompletedRequest], set[int]]:
        """Store these outcomes, and those set aside whose rows are free.

        Returns the stored outcomes, and the IDs of the cursors that have more to send.
        Waits for a restarting database while the lease is valid; otherwise delivered
        events would be sent again.
        """
        sents = [*self._freed(), *sents]
        if not sents:
            return [], set()
        self._unwritten = sents
        written, due = self._patiently(partial(self._record, sents))
        self._unwritten = []
        caught_up = {s.cursor.pk for s in written if s.caught_up}
        if resting := due & caught_up:
            due -= self._patiently(partial(rest, resting))
        return written, due

    def write_late(self, sents: list[CompletedRequest]) -> None:
        """Try once to store the remaining outcomes, even if the lease may be lost.

        This is safe, because only cursors with an unchanged position are updated.
        """
        late = [*self._unwritten, *self._aside, *sents]
        self._unwritten, self._aside = [], []
        try:
            if late:
                self._record(late)
        except DATABASE_DOWN as error:
            log.warning("drain.outcomes_lost", requests=len(late), error=str(error))

    def _record(
        self, sents: list[CompletedRequest]
    ) -> tuple[list[CompletedRequest], set[int]]:
        left = [sent for sent in sents if sent not in self._aside]
        for _ in range(2):
            try:
                due = record(left, now=self._owned.now)
            except DATABASE_DOWN as error:
                if not is_lock_timeout(error):
                    raise
                blocked = self._blocked(left)
                log.warning("drain.rows_locked", connections=sorted(blocked))
                self._set_aside([s for s in left if s.cursor.connection_id in blocked])
                left = [s for s in left if s.cursor.connection_id not in blocked]
            else:
                return left, due
        self._set_aside(left)
        return [], set()

    def _set_aside(self, sents: list[CompletedRequest]) -> None:
        self._aside += sents
        self._looked_at = time.monotonic()

    def _freed(self) -> list[CompletedRequest]:
        """Return, and no longer set aside, the outcomes whose rows are free."""
        at = time.monotonic()
        if not self._aside or at - self._looked_at < LOOK_AGAIN_S:
            return []
        self._looked_at = at
        end_frozen_sessions()
        blocked = self._patiently(partial(self._blocked, self._aside))
        freed = [s for s in self._aside if s.cursor.connection_id not in blocked]
        self._aside = [s for s in self._aside if s.cursor.connection_id in blocked]
        return freed

    def _blocked(self, sents: Sequence[CompletedRequest]) -> set[int]:
        return store().blocked_connections({s.cursor.connection_id for s in sents})

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
