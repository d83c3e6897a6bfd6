"""A load generator that uses little processor time: one thread, epoll, and requests that
are built in advance. It is a separate process: `python -m bench.load.generator`, with a Job as JSON
on standard input, and a Report on standard output.
"""

from __future__ import annotations

import gc
import gzip
import itertools
import json
import random
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.load import events

GIVE_UP_S = 120.0  # without any response
_NOW = b"2026-03-02T10:00:00.000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The requests to send, with each key in turn."""

    port: int
    keys_file: str  # JSON list of ingest keys or write keys
    prefix: str  # of the messageIds; new for each run
    requests: int
    clients: int  # connections, each with one request in progress
    batch: int = 0  # events in a request; 0: a call for a single event
    event_bytes: int = 1_000
    gzipped: bool = False  # all requests are then built before the first is sent
    rate: float = (
        0.0  # requests per second, evenly spaced; 0: as fast as responses arrive
    )
    path: str = ""  # instead of Segment's


@dataclass(slots=True)
class Report:
    """The result. Times are of the monotonic clock, `sent_at` of the wall clock."""

    began_at: float = 0.0
    ended_at: float = 0.0
    cpu_s: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    answer_ms: list[float] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)  # by event; only for paced jobs


def requests_of(job: Job) -> Iterator[bytes]:
    """Return the job's requests, complete and in order."""
    each = max(1, job.batch)
    for number, key in enumerate(keys_of(job)):
        yield _request(job, key, range(number * each, (number + 1) * each))


def keys_of(job: Job) -> Iterator[str]:
    """Return the key of each request, in order."""
    keys = json.loads(Path(job.keys_file).read_text())
    random.Random(0).shuffle(
        keys
    )  # adjacent rows of a table should not be adjacent in time
    return itertools.islice(itertools.cycle(keys), job.requests)


def _request(job: Job, key: str, ids: range) -> bytes:
    if job.batch:
        template = events.batch_body(job.batch, job.event_bytes, job.prefix)
        body = template % (*ids, _NOW)
    else:
        kind = ids[0] % events.KINDS
        body = events.single_body(kind, job.event_bytes, job.prefix) % ids[0]
    encoding = b""
    if job.gzipped:
        encoding = b"Content-Encoding: gzip\r\n"
        body = gzip.compress(body, compresslevel=1, mtime=0)
    path = job.path or ("/v1/batch" if job.batch else "/v1/track")
    return (
        b"POST %b HTTP/1.1\r\nHost: localhost\r\nAuthorization: %b\r\n"
        b"Content-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    ) % (path.encode(), events.basic(key), encoding, len(body)) + body


class Client:
    """One connection, with at most one request in progress."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self.sent_at = 0.0
        self._unsent = memoryview(b"")
        self._answer = b""

    def send(self, request: bytes) -> bool:
        """Start a request; return False if the socket has not accepted all of it yet."""
        self.sent_at = time.monotonic()
        self._unsent = memoryview(request)
        return self.send_rest()

    def send_rest(self) -> bool:
        try:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except BlockingIOError:
            return False
        return not self._unsent

    def receive(self) -> str | None:
        """Read; return the status once the response is complete. Raises ConnectionError."""
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("The server closed the connection.")
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return None
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length):
            return None
        answer, self._answer = self._answer, b""
        if b'"rejected":0' not in answer and b'"rejected"' in answer:
            return "rejected"
        return answer[9:12].decode()


class Load:
    """Sends a job's requests over its clients and records the responses."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = requests_of(job)
        if job.gzipped:
            self._requests = iter(list(self._requests))
        self._poll = select.epoll()
        self._clients = {c.socket.fileno(): c for c in self._connect(job)}
        self._idle = deque(
            self._clients.values()
        )  # the one that has been idle longest goes first
        self._started = 0
        self._statuses: Counter[str] = Counter()
        self.report = Report()

    def _connect(self, job: Job) -> Iterator[Client]:
        for _ in range(min(job.clients, job.requests)):
            client = Client(job.port)
            self._poll.register(client.socket.fileno(), select.EPOLLIN)
            yield client

    def run(self) -> Report:
        """Send all requests and wait for all responses. Raises TimeoutError if none arrives."""
        report, job = self.report, self._job
        report.began_at, cpu_before = time.monotonic(), time.process_time()
        while len(report.answer_ms) < job.requests:
            wait_s = self._send_what_is_due()
            ready = self._poll.poll(GIVE_UP_S if wait_s is None else wait_s)
            if not ready and wait_s is None:
                raise TimeoutError(f"No answer for {GIVE_UP_S:.0f} s.")
            for descriptor, what in ready:
                self._serve(self._clients[descriptor], what)
        report.ended_at = time.monotonic()
        report.cpu_s = time.process_time() - cpu_before
        report.statuses = dict(self._statuses)
        return report

    def _send_what_is_due(self) -> float | None:
        """Give idle clients work; return the seconds until the next, None: when one is free."""
        job = self._job
        while self._idle and self._started < job.requests:
            if job.rate:
                due_at = self.report.began_at + self._started / job.rate
                wait_s = due_at - time.monotonic()
                if wait_s > 0:
                    return wait_s
                self.report.sent_at.append(time.time())
            self._started += 1
            self._send(self._idle.popleft(), next(self._requests))
        return None

    def _send(self, client: Client, request: bytes) -> None:
        if not client.send(request):
            both = select.EPOLLIN | select.EPOLLOUT
            self._poll.modify(client.socket.fileno(), both)

    def _serve(self, client: Client, what: int) -> None:
        if what & select.EPOLLOUT and client.send_rest():
            self._poll.modify(client.socket.fileno(), select.EPOLLIN)
        if what & ~select.EPOLLOUT and (status := client.receive()) is not None:
            took_ms = (time.monotonic() - client.sent_at) * 1000
            self.report.answer_ms.append(took_ms)
            self._statuses[status] += 1
            self._idle.append(client)


def main() -> None:
    job = Job(**json.load(sys.stdin))
    load = Load(job)
    gc.disable()
    json.dump(asdict(load.run()), sys.stdout)


if __name__ == "__main__":
    main()
