"""Whether the portal can do its work, for probes that may ask any number of times."""

from __future__ import annotations

import threading
import time

from streams.base.clock import now
from streams.observability.health import readiness

VERDICT_S = 5.0  # one look serves every probe for this long
# What taking events needs. That nobody sends them is no reason to turn senders away.
FOR_INGEST = frozenset({"database", "migrations", "backlog", "storage"})


class Verdict:
    """The parts that fail, looked up by one thread at a time and kept for VERDICT_S."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0  # monotonic
        self._failing: frozenset[str] = frozenset()

    def failing(self) -> frozenset[str]:
        """The names of the parts that failed at the latest look."""
        with self._lock:
            if time.monotonic() >= self._until:
                parts = readiness(now())
                self._failing = frozenset(n for n, part in parts.items() if not part.ok)
                self._until = time.monotonic() + VERDICT_S
            return self._failing

    def forget(self) -> None:
        """Look again the next time."""
        self._until = 0.0


verdict = Verdict()  # of this process
