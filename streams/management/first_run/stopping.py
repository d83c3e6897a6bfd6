"""Being asked to stop: Ctrl-C, SIGTERM, or a terminal that is gone."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

# A second signal within it is the same wish, sent to the whole process group as well.
SAME_WISH_S = 1.0


class StopAsked(Exception):
    """Somebody wants us to stop."""


class StopRequest:
    """Set once somebody wants us to stop; `at_once` if they ask again."""

    def __init__(self) -> None:
        self._asked = Event()
        self._asked_at = 0.0
        self.at_once = False

    def ask(self) -> None:
        self._asked.set()

    def check(self, *, within_s: float) -> None:
        """Raises StopAsked as soon as we are to stop; returns if not, after so long."""
        if self._asked.wait(within_s):
            raise StopAsked

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at and now - self._asked_at > SAME_WISH_S:
            self.at_once = True
        self._asked_at = self._asked_at or now
        self.ask()


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Signals become a wish to stop, for as long as this context lasts."""
    request = StopRequest()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, request._on_signal) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
