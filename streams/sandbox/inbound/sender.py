"""Sends requests to inbound addresses in the background, and again until they succeed.

Segment retries for four hours. The clock of the retries can be moved, so that no one has to
wait for them.
"""

from __future__ import annotations

import http.client
import logging
import random
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from streams.base.msgspec_types import prepared
from streams.sandbox.inbound.retries import FOR_S, is_retried, wait_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.sandbox.inbound.orders import InboundRequest

TIMEOUT_S = 10.0  # of Segment's Actions destinations
THREADS = 4
KEPT = 200  # finished deliveries that are shown
MOST_WAITING = 20_000
WAITING, DELIVERED, DROPPED, EXPIRED = "waiting", "delivered", "dropped", "expired"
STATES = (WAITING, DELIVERED, DROPPED, EXPIRED)

logger = logging.getLogger(__name__)


class TooManyDeliveries(ValueError):
    """Too many requests are waiting to be sent."""


@dataclass(slots=True)
class Delivery:
    """A request with its attempts. Times are of the movable clock."""

    number: int
    request: InboundRequest = field(repr=False)
    first_s: float
    due_s: float
    state: str = WAITING
    is_sending: bool = False
    attempts: list[dict[str, object]] = field(default_factory=list)

    def shown(self, now_s: float) -> dict[str, object]:
        """Return the delivery for people and tests, without the secret."""
        waits = self.state == WAITING
        return {
            "number": self.number,
            "state": self.state,
            "events": self.request.events,
            "attempts": self.attempts,
            "due_in_s": round(max(0.0, self.due_s - now_s), 1) if waits else None,
        }


class InboundSender:
    """The deliveries of one sandbox. Its threads start with the first order."""

    def __init__(self) -> None:
        self._moved_s = 0.0
        self._count = 0
        self._totals: Counter[str] = Counter()
        self._waiting: dict[int, Delivery] = {}
        self._finished: deque[Delivery] = deque(maxlen=KEPT)
        self._changed = threading.Condition()
        self._pool: ThreadPoolExecutor | None = None

    def add(self, requests: Iterable[InboundRequest]) -> list[int]:
        """Send requests from now on; return their numbers. Raises TooManyDeliveries."""
        wanted = list(requests)
        with self._changed:
            if len(self._waiting) + len(wanted) > MOST_WAITING:
                raise TooManyDeliveries
            numbers = []
            for request in wanted:
                self._count += 1
                now_s = self._now_s()
                self._waiting[self._count] = Delivery(
                    self._count, request, now_s, now_s
                )
                numbers.append(self._count)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(THREADS, "inbound-sender")
                threading.Thread(
                    target=self._run, args=[self._pool], daemon=True
                ).start()
            self._changed.notify_all()
        return numbers

    def move_clock(self, seconds: float) -> None:
        """Move the clock of the retries forward."""
        with self._changed:
            self._moved_s += seconds
            self._changed.notify_all()

    def clear(self) -> None:
        """Send nothing more, and forget all deliveries."""
        with self._changed:
            self._waiting.clear()
            self._finished.clear()
            self._totals.clear()
            self._moved_s = 0.0

    def shown(self) -> dict[str, object]:
        """Return the counts, and the newest deliveries first."""
        with self._changed:
            now_s = self._now_s()
            counts = {state: self._totals[state] for state in STATES}
            counts[WAITING] = len(self._waiting)
            newest = [*self._waiting.values()][-KEPT:] + list(self._finished)
            newest.sort(key=lambda one: one.number, reverse=True)
            return {
                "clock_moved_s": self._moved_s,
                "counts": counts,
                "deliveries": [one.shown(now_s) for one in newest[:KEPT]],
            }

    def _now_s(self) -> float:
        return time.monotonic() + self._moved_s

    def _run(self, pool: ThreadPoolExecutor) -> None:
        """Hand over what is due. This thread lives as long as the sandbox."""
        while True:
            with self._changed:
                idle = [one for one in self._waiting.values() if not one.is_sending]
                due = [one for one in idle if one.due_s <= self._now_s()]
                if not due:
                    next_s = min((one.due_s for one in idle), default=None)
                    self._changed.wait(
                        None if next_s is None else max(0.0, next_s - self._now_s())
                    )
                    continue
                for one in due:
                    one.is_sending = True
            for one in due:
                pool.submit(self._send, one)

    def _send(self, delivery: Delivery) -> None:
        status, code = post(delivery.request)
        with self._changed:
            delivery.is_sending = False
            delivery.attempts.append({"status": status, "code": code})
            now_s = self._now_s()
            if is_retried(status):
                wait = wait_s(len(delivery.attempts), random.random())  # noqa: S311 - no secret
                delivery.due_s = now_s + wait
                if delivery.due_s <= delivery.first_s + FOR_S:
                    self._changed.notify_all()
                    return
                delivery.state = EXPIRED
            else:
                ok = status is not None and status < 300
                delivery.state = DELIVERED if ok else DROPPED
            if self._waiting.pop(delivery.number, None) is not None:
                self._finished.append(delivery)
                self._totals[delivery.state] += 1


@prepared
class _Refusal(msgspec.Struct):
    code: str = ""


def post(request: InboundRequest) -> tuple[int | None, str]:
    """Send a request; return the status, or None without a response, and the error's code."""
    url = urlsplit(request.url)
    kind = (
        http.client.HTTPSConnection
        if url.scheme == "https"
        else http.client.HTTPConnection
    )
    try:
        connection = kind(url.netloc, timeout=TIMEOUT_S)
        try:
            path = url.path + (f"?{url.query}" if url.query else "")
            connection.request("POST", path or "/", request.body, request.headers)
            response = connection.getresponse()
            body = response.read(64 * 1024)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return None, type(error).__name__
    try:
        return response.status, msgspec.json.decode(body, type=_Refusal).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return response.status, ""
