"""Cached readiness checks, so that probes can ask at any rate."""

from __future__ import annotations

import threading
import time

from streams.base.clock import now
from streams.observability.readiness_checks import readiness

VERDICT_S = 5.0  # how long a result is cached
# The parts that ingest needs. It accepts events even if nothing delivers them.
FOR_INGEST = frozenset({"database", "migrations", "backlog", "storage"})


class ReadinessCache:
    """The failing parts, checked by one thread at a time and cached for VERDICT_S."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checked: float | None = None  # when, monotonic
        self._failing: frozenset[str] = frozenset()

    def failing(self) -> frozenset[str]:
        """Return the names of the parts that failed the latest check, VERDICT_S old at most."""
        with self._lock:
            if self._checked is None or time.monotonic() >= self._checked + VERDICT_S:
                parts = readiness(now())
                self._failing = frozenset(n for n, part in parts.items() if not part.ok)
                self._checked = time.monotonic()
            return self._failing

    def forget(self) -> None:
        """Check again at the next call."""
        self._checked = None


verdict = ReadinessCache()  # of this process
