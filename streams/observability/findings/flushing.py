"""A thread that writes down every few seconds what its process has counted."""

from __future__ import annotations

import threading
import time
from itertools import batched
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, close_old_connections, connection, connections

from streams.base.database import DATABASE_DOWN
from streams.observability.findings.writing import write

if TYPE_CHECKING:
    from streams.observability.findings.counting import FindingCounter, Key, Tally

log = structlog.get_logger()

FLUSH_S = 5.0
# Very many kinds take long: no more than a tenth of the time goes into them.
REST = 10
END_S = 2.0  # at the end, for a database that does not answer
CHUNK = 200  # kinds in one transaction


class Flusher:
    """Started once in each process, after its fork, and closed at its end."""

    def __init__(self, counter: FindingCounter, every_s: float = FLUSH_S) -> None:
        self._counter = counter
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="findings-writer", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Write down what is left, unless the database takes longer than END_S."""
        self._stop.set()
        self._thread.join(END_S)

    def _run(self) -> None:
        wait_s = self._every_s
        while not self._stop.wait(wait_s):
            wait_s = max(self._every_s, REST * self._flush())
        self._flush()
        connections.close_all()

    def _flush(self) -> float:
        """The seconds that it took."""
        began = time.monotonic()
        close_old_connections()
        try:
            flush(self._counter)
        except Exception:
            # The counts of some seconds are lost: that is no reason to count no more.
            log.exception("findings.flush_failed")
        return time.monotonic() - began


def flush(counter: FindingCounter) -> None:
    """Write down what was counted; what cannot be written now is kept."""
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


def _written(some: dict[Key, Tally]) -> dict[Key, Tally]:
    """What is left of them. One that the database refuses costs only itself."""
    try:
        return write(some)
    except DATABASE_DOWN:
        raise
    except DatabaseError as error:
        if len(some) > 1:
            left = [_written({key: tally}) for key, tally in some.items()]
            return {key: tally for one in left for key, tally in one.items()}
        # Not the error's text: a database quotes the row in it.
        [key] = some
        log.error(  # noqa: TRY400
            "findings.refused",
            feed=key.owner_id,
            rule=key.rule,
            error=type(error).__name__,
        )
        return {}
