"""Steady traffic that knows exactly what was acknowledged."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from tests.faults.event_lanes import Lane

TRY_AGAIN_S = 0.2
# Gunicorn closes a connection that was silent for 2 s, or for 3: a request that comes just
# then gets no answer. So who is silent for longer than this opens a new one each time.
KEPT_S = 1.0
GIVES_UP_AFTER_S = 30.0  # from the end of the test
TIMEOUT_S = 15.0  # as Segment's libraries wait


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that was not a 200; `status` None: none came."""

    status: int | None
    code: str = ""
    retry_after: str | None = None


@dataclass(slots=True)
class Traffic:
    """Each lane's sender posts a few events at a time, and again until they are acknowledged.

    As a good client does: the same messageIds at each try, and no further event before.
    So all of a lane's numbers up to `acknowledged` are promised, and those in order.
    """

    url: Callable[[Lane], str]
    lanes: Sequence[Lane]
    batch: int = 4
    timeout_s: float = TIMEOUT_S
    refusals: Counter[Refusal] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _gives_up_at: float = float("inf")
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Until the end of the block, when all that was begun has been acknowledged."""
        threads = [
            threading.Thread(target=self._send, args=(lane,), name=lane.name)
            for lane in self.lanes
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._gives_up_at = time.monotonic() + GIVES_UP_AFTER_S
            self._stop.set()
            for thread in threads:
                thread.join()

    @property
    def acknowledged(self) -> int:
        return sum(lane.acknowledged for lane in self.lanes)

    def _send(self, lane: Lane) -> None:
        with requests.Session() as session:
            session.auth = (lane.ingest_key, "")
            if lane.pause_s > KEPT_S:
                session.headers["Connection"] = "close"
            while not self._stop.is_set():
                last = lane.acknowledged + self.batch
                numbers = range(lane.acknowledged + 1, last + 1)
                if not self._until_taken(session, lane, [*map(lane.event, numbers)]):
                    return
                lane.acknowledged = last
                self._stop.wait(lane.pause_s)

    def _until_taken(
        self, session: requests.Session, lane: Lane, batch: list[dict]
    ) -> bool:
        while True:
            refusal = self._try(session, lane, batch)
            if refusal is None:
                return True
            self.refusals[refusal] += 1
            if time.monotonic() > self._gives_up_at:
                self.failures.append(f"{lane.name}: {refusal}")
                return False
            time.sleep(TRY_AGAIN_S)

    def _try(
        self, session: requests.Session, lane: Lane, batch: list[dict]
    ) -> Refusal | None:
        try:
            answer = session.post(
                f"{self.url(lane)}/v1/batch",
                json={"batch": batch},
                timeout=self.timeout_s,
            )
        except requests.RequestException:
            return Refusal(None)
        if answer.status_code != 200:
            wait = answer.headers.get("Retry-After")
            return Refusal(answer.status_code, _code(answer), wait)
        content = answer.json()
        if content["rejected"]:
            self.failures.append(f"{lane.name}: {content['results']}")
        return None


def _code(answer: requests.Response) -> str:
    try:
        return answer.json()["code"]
    except ValueError:
        return f"not JSON: {answer.text[:100]}"
