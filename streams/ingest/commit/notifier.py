from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import structlog
from django.db import close_old_connections, connection

from streams.base.database.session import DATABASE_DOWN
from streams.delivery.lease import unowned
from streams.delivery.wake import wake

log = structlog.get_logger()

IDLE_S = 1.0  # idle time after which the database connection is closed


def wake_unowned(stream_ids: Iterable[int]) -> None:
    """Wake a worker for those streams that no worker owns."""
    wake(unowned(stream_ids))


class WorkerNotifier:
    """Wakes workers from its own thread, with its own database connection.

    So acknowledgments and appends never wait for Redis or for a lock on the leases. This is
    best effort: the sweep finds streams that were not woken.
    """

    def __init__(self, wake: Callable[[Iterable[int]], None] = wake_unowned) -> None:
        self._wake = wake
        self._streams: set[int] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def notify(self, stream_ids: Iterable[int]) -> None:
        """Queue these streams to be woken, each only once."""
        with self._changed:
            self._streams.update(stream_ids)
            if not self._streams or self._closed:
                return
            if self._thread is None:  # at first use, because a fork ends all threads
                self._thread = threading.Thread(
                    target=self._run, name="ingest-notifier", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def close(self, timeout_s: float) -> None:
        """Wake the queued streams, unless the broker takes longer than `timeout_s`."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while (streams := self._gather()) is not None:
            if streams:
                self._try(streams)
            else:
                connection.close()
        connection.close()

    def _gather(self) -> set[int] | None:
        """Return the queued streams; an empty set after IDLE_S, or None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._streams or self._closed, IDLE_S)
            streams, self._streams = self._streams, set()
            return None if self._closed and not streams else streams

    def _try(self, streams: set[int]) -> None:
        close_old_connections()
        try:
            self._wake(streams)
        except DATABASE_DOWN as error:
            log.warning("ingest.not_woken", streams=len(streams), error=str(error))
            connection.close()
        except Exception:  # the thread must go on; the sweep wakes the streams
            log.exception("ingest.not_woken", streams=len(streams))
            connection.close()
