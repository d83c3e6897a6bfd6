"""A worker's connection to the broker."""

from __future__ import annotations

import time

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

STEP_S = 2.0
LONGEST_S = 10.0
CALM_S = 60.0  # time without an error after which the wait starts over


class PatientConsumer(Consumer):
    """Waits 2, 4, 6 … s, up to 10, between attempts while the broker refuses commands.

    Celery waits only for a broker that it cannot reach. If a broker responded to every
    command with an error, Celery would retry and log many times a second.
    """

    _errors = 0
    _error_at = float("-inf")  # monotonic

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        super().on_connection_error_before_connected(exc)
        at = time.monotonic()
        self._errors = self._errors + 1 if at - self._error_at < CALM_S else 1
        self._error_at = at
        until = at + min(self._errors * STEP_S, LONGEST_S)
        while time.monotonic() < until:
            maybe_shutdown()
            time.sleep(0.2)  # without a broker, this thread has nothing else to do
