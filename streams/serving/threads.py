from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

import structlog
from django.db import close_old_connections, connections

log = structlog.get_logger()


class Threads:
    """A pool of threads for database queries, each with its own connection."""

    def __init__(self, count: int) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"serving-{n}", daemon=True)
            for n in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def close(self) -> None:
        """Finish all submitted jobs, then end the threads."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while job := self._jobs.get():
            # Like Django does around a request, so that lost connections are not reused.
            close_old_connections()
            try:
                job()
            except Exception:  # a bug must affect only this request
                log.exception("serving.thread_failed")
            close_old_connections()
        connections.close_all()
