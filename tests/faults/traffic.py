"""Steady traffic that records exactly what was acknowledged."""

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
    from tests.faults.flows import Flow

TRY_AGAIN_S = 0.2
# Gunicorn closes a connection that was idle for 2 or 3 s, and a request that arrives at
# that moment gets no response. A sender that is idle for longer opens a new one each
# time.
KEPT_S = 1.0
GIVES_UP_AFTER_S = 30.0  # from the end of the test
TIMEOUT_S = 15.0  # as Segment's libraries wait


@dataclass(frozen=True, slots=True)
class Refusal:
    """A response that was not a 200; `status` is None if there was no response."""

    status: int | None
    code: str = ""
    retry_after: str | None = None


@dataclass(slots=True)
class Traffic:
    """Each flow's sender posts a few events at a time and retries until acknowledged.

    It behaves as a good client does: the same messageIds at each try, and no later
    event before. So all of a flow's numbers up to `acknowledged` must arrive, in order.
    """

    url: Callable[[Flow], str]
    flows: Sequence[Flow]
    batch: int = 4
    timeout_s: float = TIMEOUT_S
    refusals: Counter[Refusal] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _gives_up_at: float = float("inf")
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Send during the block; return when everything is acknowledged."""
        threads = [
            threading.Thread(target=self._send, args=(flow,), name=flow.name)
            for flow in self.flows
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
        return sum(flow.acknowledged for flow in self.flows)

    def _send(self, flow: Flow) -> None:
        with requests.Session() as session:
            session.auth = (flow.ingest_key, "")
            if flow.pause_s > KEPT_S:
                session.headers["Connection"] = "close"
            while not self._stop.is_set():
                last = flow.acknowledged + self.batch
                numbers = range(flow.acknowledged + 1, last + 1)
                if not self._until_taken(session, flow, [*map(flow.event, numbers)]):
                    return
                flow.acknowledged = last
                self._stop.wait(flow.pause_s)

    def _until_taken(
        self, session: requests.Session, flow: Flow, batch: list[dict]
    ) -> bool:
        while True:
            refusal = self._try(session, flow, batch)
            if refusal is None:
                return True
            self.refusals[refusal] += 1
            if time.monotonic() > self._gives_up_at:
                self.failures.append(f"{flow.name}: {refusal}")
                return False
            time.sleep(TRY_AGAIN_S)

    def _try(
        self, session: requests.Session, flow: Flow, batch: list[dict]
    ) -> Refusal | None:
        try:
            answer = session.post(
                f"{self.url(flow)}/v1/batch",
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
            self.failures.append(f"{flow.name}: {content['results']}")
        return None


def _code(answer: requests.Response) -> str:
    try:
        return answer.json()["code"]
    except ValueError:
        return f"not JSON: {answer.text[:100]}"
