from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from streams import tasks


class Waker:
    """Wakes workers from a thread of its own, so that no acknowledgement waits for Redis.

    Best effort, as `tasks.wake` is: the sweep finds what was not woken.
    """

    def __init__(self, wake: Callable[[Iterable[int]], None] = tasks.wake) -> None:
        self._wake = wake
        self._streams: set[int] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def notify(self, stream_ids: Iterable[int]) -> None:
        """Have these streams woken soon; those that already wait are not woken twice."""
        with self._changed:
            self._streams.update(stream_ids)
            if not self._streams or self._closed:
                return
            if self._thread is None:  # at first use: a thread does not survive a fork
                self._thread = threading.Thread(
                    target=self._run, name="ingest-waker", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def close(self, timeout_s: float) -> None:
        """Wake what waits, unless the broker takes longer than that."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._streams or self._closed)
                if not self._streams:
                    return
                streams, self._streams = self._streams, set()
            self._wake(streams)
