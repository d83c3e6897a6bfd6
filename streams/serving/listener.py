"""Accepts connections up to a limit, and copes with a lack of file descriptors.

asyncio's own code logs a traceback and schedules a retry for every connection that it
cannot accept.
"""

from __future__ import annotations

import asyncio
import errno
import resource
import time
from typing import TYPE_CHECKING, Protocol

import structlog

if TYPE_CHECKING:
    import socket

log = structlog.get_logger()

# File descriptors for everything except connections: databases, broker, files, pipes.
OTHER_FILES = 128
AT_ONCE = 100  # connections accepted before open ones are served again
NO_FILES_S = 1.0  # pause if the system lacks resources for a connection
FULL_S = 0.1  # pause if all connections wait for a response
LOG_EVERY_S = 60.0

_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def connection_limit(wanted: int) -> int:
    """Return how many connections this process can keep open, up to `wanted`.

    Raises the process's limit on open files as far as the system allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < needed:
        log.warning(
            "server.few_files",
            connections=soft - OTHER_FILES,
            wanted=wanted,
            files=soft,
        )
    return max(1, soft - OTHER_FILES)


class ConnectionHandler(Protocol):
    """Handles accepted connections."""

    def open(self, accepted: socket.socket) -> None: ...

    def has_room(self) -> bool:
        """Whether one more can be opened, after closing idle ones if necessary."""

    def drop_idle(self) -> bool:
        """Close the longest idle connections. Returns whether there were any."""


class Listener:
    """A listening socket. It passes its connections to `opener`."""

    def __init__(self, listening: socket.socket, opener: ConnectionHandler) -> None:
        self._socket = listening
        self._opener = opener
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._held: socket.socket | None = None  # accepted, but over the limit
        self._log_at = float("-inf")
        listening.settimeout(0)

    def start(self, backlog: int) -> None:
        self._socket.listen(backlog)
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        if self._pause is not None:
            self._pause.cancel()
        if self._held is not None:
            self._held.close()
        self._socket.close()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self._opener.drop_idle()
                self._wait(NO_FILES_S, "server.not_accepted", error=error.strerror)
                return
            accepted.settimeout(0)
            if not self._opener.has_room():
                self._held = accepted
                self._wait(FULL_S, "server.connections_full")
                return
            self._opener.open(accepted)

    def _wait(self, seconds: float, event: str, **about: object) -> None:
        """Stop accepting for a while. New connections wait in the system's backlog."""
        self._loop.remove_reader(self._socket)
        self._pause = self._loop.call_later(seconds, self._go_on)
        now = time.monotonic()
        if now >= self._log_at:
            self._log_at = now + LOG_EVERY_S
            log.warning(event, **about)

    def _go_on(self) -> None:
        self._pause = None
        if self._held is not None:
            if not self._opener.has_room():
                self._wait(FULL_S, "server.connections_full")
                return
            self._opener.open(self._held)
            self._held = None
        self._loop.add_reader(self._socket, self._accept)
