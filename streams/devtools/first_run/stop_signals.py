"""Requests to stop: Ctrl-C, SIGTERM or a closed terminal."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

# A second signal within this time belongs to the same request: it is sent to the whole
# process group as well.
SAME_REQUEST_S = 1.0


class StopRequested(Exception):
    """The portal was asked to stop."""


class StopRequest:
    """Whether the portal was asked to stop. `at_once` is set by a second request."""

    def __init__(self) -> None:
        self._asked = Event()
        self._asked_at = 0.0
        self.at_once = False

    def ask(self) -> None:
        self._asked.set()

    def check(self, *, within_s: float) -> None:
        """Wait up to `within_s` seconds. Raises StopRequested as soon as a stop is requested."""
        if self._asked.wait(within_s):
            raise StopRequested

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at and now - self._asked_at > SAME_REQUEST_S:
            self.at_once = True
        self._asked_at = self._asked_at or now
        self.ask()


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Turn signals into a request to stop while the context is active."""
    request = StopRequest()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, request._on_signal) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
