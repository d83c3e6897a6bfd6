"""The figures of the first page: stored once a minute, or measured here."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from streams.observability.work_figures.measure import measure
from streams.observability.work_figures.store import stored_figures

if TYPE_CHECKING:
    from datetime import datetime

    from streams.observability.work_figures.measure import WorkFigures

MAX_AGE_S = 60.0


class MeasuredFigures:
    """Figures that one thread at a time measures, and that are kept for MAX_AGE_S."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[float, WorkFigures] | None = None  # since when, monotonic

    def get(self, now: datetime) -> WorkFigures:
        """Return the latest figures, at most MAX_AGE_S old."""
        with self._lock:
            if self._found is None or time.monotonic() > self._found[0] + MAX_AGE_S:
                self._found = time.monotonic(), measure(now)
            return self._found[1]

    def forget(self) -> None:
        """Measure again at the next call."""
        self._found = None


measured = MeasuredFigures()  # by this process


def latest_figures(now: datetime) -> WorkFigures:
    """Return the stored figures; measure them if no worker has stored any recently."""
    return stored_figures() or measured.get(now)
