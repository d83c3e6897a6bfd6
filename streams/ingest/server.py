"""The connections of one process: opened by its listeners, timed once a second."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from streams.ingest.protocol import HttpConnection

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterable

    from streams.ingest.front import Front

log = structlog.get_logger()

READ_BYTES = 64 * 1024  # at most, at one time


class Server:
    """Made within a running loop; everything here is that loop's alone."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.connections: set[HttpConnection] = set()
        self.ends = False  # no request is taken that has not begun
        self._listeners: list[asyncio.Server] = []

    async def listen(
        self,
        sockets: Iterable[socket.socket],
        *,
        backlog: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        for listening in sockets:
            listener = await loop.create_server(
                lambda: HttpConnection(self), sock=listening, backlog=backlog, ssl=tls
            )
            self._listeners.append(listener)

    def tick(self) -> None:
        """To be called every second or so."""
        now = time.monotonic()
        for connection in tuple(self.connections):
            try:
                connection.tick(now)
            except Exception:  # one connection must not cost the others, or the process
                log.exception("ingest.connection_failed")
                connection.abort()

    def end(self) -> None:
        """Take no new connections; those that are open close when they are answered."""
        self.ends = True
        for listener in self._listeners:
            listener.close()
        for connection in tuple(self.connections):
            connection.end()

    def abort(self) -> None:
        for connection in tuple(self.connections):
            connection.abort()
