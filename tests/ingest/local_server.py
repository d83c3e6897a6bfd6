"""The ingest server in the test process, with timeouts of fractions of a second."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from streams.ingest.app import IngestApp
from streams.serving.server import Server

TICK_S = 0.02
# Threads that a server leaves behind after a second, as the process ends. Here the process
# goes on, and they would use the database between two tests.
LEFT_BEHIND = ("count-flusher", "request-log")


class Serving:
    """A server on the loopback whose event loop runs in a thread."""

    def __init__(
        self,
        tls: ssl.SSLContext | None,
        max_connections: int,
        listening: socket.socket | None = None,
    ) -> None:
        self._tls = tls
        self._max_connections = max_connections
        self._socket = listening or socket.create_server(("127.0.0.1", 0), backlog=100)
        self.address = self._socket.getsockname()
        self.server: Server
        self.loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        before = set(threading.enumerate())
        self._thread.start()
        self._ready.wait()
        self._left = [
            thread
            for thread in threading.enumerate()
            if thread not in before and thread.name in LEFT_BEHIND
        ]

    def make_server(self) -> Server:
        return Server(IngestApp(), max_connections=self._max_connections)

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.server = self.make_server()
        self.server.listen([self._socket], backlog=100, tls=self._tls)
        self._ready.set()
        while not self._stop.is_set():
            self.server.tick()
            await asyncio.sleep(TICK_S)
        self.server.end()
        while self.server.connections:
            self.server.tick()
            await asyncio.sleep(TICK_S)
        await asyncio.to_thread(self.server.application.close)

    def begin_to_end(self) -> None:
        """Stop gracefully, as the worker does on SIGTERM."""
        self._stop.set()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for thread in self._left:
            thread.join()

    def connect(self) -> Wire:
        return Wire(socket.create_connection(self.address, timeout=20))

    def ask(self, *parts: bytes) -> bytes:
        """Send these one after the other; return all data until the server closes."""
        with self.connect() as wire:
            for part in parts:
                wire.send(part)
            return wire.read_all()


class Wire:
    """The sender's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_all(self) -> bytes:
        """Return all data until the server has closed its side."""
        parts = [self._read]
        while part := self.socket.recv(65536):
            parts.append(part)
        self._read = b""
        return b"".join(parts)

    def response(self, *, to_head: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Return the next response: status, headers, body.

        A response to HEAD has no body.
        """
        while b"\r\n\r\n" not in self._read:
            self._read_more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = 0 if to_head else int(headers.get("content-length", "0"))
        while len(self._read) < length:
            self._read_more()
        body, self._read = self._read[:length], self._read[length:]
        return int(first.split()[1]), headers, body

    def _read_more(self) -> None:
        part = self.socket.recv(65536)
        assert part, "the server closed the connection"
        self._read += part


@contextmanager
def serving(
    *,
    tls: ssl.SSLContext | None = None,
    max_connections: int = 1_000,
    listening: socket.socket | None = None,
) -> Iterator[Serving]:
    running = Serving(tls, max_connections, listening)
    try:
        yield running
    finally:
        running.close()
