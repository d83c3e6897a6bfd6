"""The thread that stores its process's counts of events every few seconds."""

from __future__ import annotations

import threading
import time
from itertools import batched
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, close_old_connections, connection, connections

from streams.base.database.session import DATABASE_DOWN
from streams.observability.issues.store import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.observability.issues.counter import IssueCounter, IssueKey, IssueTally

log = structlog.get_logger()

FLUSH_S = 5.0
# Pause ten times as long as the flush took, so that many kinds cost a tenth of the time.
REST = 10
END_S = 2.0  # limit for the last flush if the database is unavailable
CHUNK = 200  # kinds in one transaction


class CountFlusher:
    """Stores counts in the background. Start it once per process, after the fork.

    Each of `flushes` stores counts, and keeps those that can't be stored now.
    """

    def __init__(self, *flushes: Callable[[], None], every_s: float = FLUSH_S) -> None:
        self._flushes = flushes
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="count-flusher", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Store the remaining counts, unless the database takes longer than END_S."""
        self._stop.set()
        self._thread.join(END_S)

    def _run(self) -> None:
        wait_s = self._every_s
        while not self._stop.wait(wait_s):
            wait_s = max(self._every_s, REST * self._flush())
        self._flush()
        connections.close_all()

    def _flush(self) -> float:
        """Store the counts. Returns the duration in seconds."""
        began = time.monotonic()
        for step in (close_old_connections, *self._flushes):
            try:
                step()
            except Exception:
                # The counts of a few seconds are lost, but counting goes on.
                log.exception("counts.flush_failed")
        return time.monotonic() - began


def flush(counter: IssueCounter) -> None:
    """Store the counts. Those that cannot be stored now are kept."""
    tallies, left_out = counter.take()
    if left_out:
        log.warning("findings.left_out", findings=left_out)
    waiting = dict(tallies)
    for keys in batched(sorted(tallies), CHUNK):
        some = {key: tallies[key] for key in keys}
        try:
            left = _written(some)
        except DATABASE_DOWN as error:
            log.warning(
                "findings.not_written", kinds=len(waiting), error=type(error).__name__
            )
            connection.close()
            break
        for key in some.keys() - left.keys():
            del waiting[key]
    counter.give_back(waiting)


def _written(some: dict[IssueKey, IssueTally]) -> dict[IssueKey, IssueTally]:
    """Store counts and return those left. A count that the database refuses is dropped."""
    try:
        return write(some)
    except DATABASE_DOWN:
        raise
    except DatabaseError as error:
        if len(some) > 1:
            left = [_written({key: tally}) for key, tally in some.items()]
            return {key: tally for one in left for key, tally in one.items()}
        # Don't log the error's text, because it can quote the row.
        [key] = some
        log.error(  # noqa: TRY400
            "findings.refused",
            feed=key.owner_id,
            rule=key.rule,
            error=type(error).__name__,
        )
        return {}
