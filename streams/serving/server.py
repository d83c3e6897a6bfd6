"""The server of one process: its listeners and connections."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from heapq import nsmallest
from operator import itemgetter
from typing import TYPE_CHECKING

import structlog

from streams.serving.body_budget import BodyBudget
from streams.serving.connection import HttpConnection
from streams.serving.listener import Listener
from streams.serving.timeouts import FIRST_BYTE_TIMEOUT_S

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterable

    from streams.serving.application import Application

log = structlog.get_logger()

READ_BYTES = 64 * 1024  # limit per read
DROPPED = 50  # close one in 50 connections together, because the search takes time


class Server:
    """The server. Created in a running loop, which alone uses it."""

    def __init__(self, application: Application, *, max_connections: int) -> None:
        self.application = application
        self._buffer = memoryview(bytearray(READ_BYTES))
        self.connections: set[HttpConnection] = set()
        self.body_budget = BodyBudget()
        self.ends = False  # the server is stopping
        self._max_connections = max_connections
        self._listeners: list[Listener] = []
        self._tls: ssl.SSLContext | None = None

    def listen(
        self,
        sockets: Iterable[socket.socket],
        *,
        backlog: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._tls = tls
        for listening in sockets:
            listener = Listener(listening, self)
            listener.start(backlog)
            self._listeners.append(listener)

    def tick(self) -> None:
        """Enforce all timeouts. Call it about every second."""
        now = time.monotonic()
        for connection in tuple(self.connections):
            try:
                connection.tick(now)
            except Exception:  # a bug must affect only this connection
                log.exception("serving.connection_failed")
                connection.abort()

    def end(self) -> None:
        """Accept no new connections, and close the open ones after their responses."""
        self.ends = True
        for listener in self._listeners:
            listener.close()
        self._listeners = []
        for connection in tuple(self.connections):
            connection.end()

    def abort(self) -> None:
        for connection in tuple(self.connections):
            connection.abort()

    # Called by a listener

    def open(self, accepted: socket.socket) -> None:
        connection = HttpConnection(
            self.application, self.body_budget, self._buffer, self.connections.discard
        )
        self.connections.add(connection)  # counted even before the TLS handshake
        loop = asyncio.get_running_loop()
        opening = loop.create_task(self._connect(connection, accepted))
        connection.opening = opening
        opening.add_done_callback(partial(self._opened, connection, accepted))

    def has_room(self) -> bool:
        return len(self.connections) < self._max_connections or self.drop_idle()

    def drop_idle(self) -> bool:
        """Close the longest idle connections. Returns whether there were any."""
        now = time.monotonic()
        idle = [(of, c) for c in self.connections if (of := c.idleness(now))]
        most = nsmallest(1 + len(self.connections) // DROPPED, idle, key=itemgetter(0))
        for number, ((_, _, is_old), connection) in enumerate(most):
            if number == 0 or is_old:
                connection.abort()
                self.connections.discard(connection)
        return bool(most)

    async def _connect(
        self, connection: HttpConnection, accepted: socket.socket
    ) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection,
            accepted,
            ssl=self._tls,
            ssl_handshake_timeout=FIRST_BYTE_TIMEOUT_S if self._tls else None,
        )

    def _opened(
        self,
        connection: HttpConnection,
        accepted: socket.socket,
        opening: asyncio.Task[None],
    ) -> None:
        if not opening.cancelled() and opening.exception() is None:
            return
        self.connections.discard(connection)  # closed, lost, or without TLS
        accepted.close()
