"""A worker's connection to the broker."""

from __future__ import annotations

import time

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

STEP_S = 2.0
LONGEST_S = 10.0
CALM_S = 60.0  # after so long without an error, the next one is the first again


class PatientConsumer(Consumer):
    """Waits for a broker that refuses commands: 2, 4, 6 … s, up to 10.

    Celery waits only for one that it cannot reach. One that responds to every command
    with an error would be asked, and each error logged, many times a second.
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
            time.sleep(0.2)  # without its broker, this thread has nothing else to do
