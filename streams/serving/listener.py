"""Accepts connections, at most so many, and outlives a process without file descriptors.

asyncio's own loop logs a traceback for every connection that it could not accept, and
tries again once for each.
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

# File descriptors of the process beside its connections: databases, broker, files, pipes.
OTHER_FILES = 128
AT_ONCE = 100  # connections accepted before others are served again
NO_FILES_S = 1.0  # without accepting, where the system has no room for a connection
FULL_S = 0.1  # and where every connection waits for its response
LOG_EVERY_S = 60.0

_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def connection_limit(wanted: int) -> int:
    """How many connections this process can keep open, at most `wanted`.

    Raises the process's own limit on open files as far as the system allows.
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


class Opener(Protocol):
    """Who takes the connections that were accepted."""

    def open(self, accepted: socket.socket) -> None: ...

    def has_room(self) -> bool:
        """Whether one more may be opened; drops idle ones for it."""

    def drop_idle(self) -> bool:
        """Close the most idle connections; False: there are none."""


class Listener:
    """One listening socket, whose connections `opener` takes."""

    def __init__(self, listening: socket.socket, opener: Opener) -> None:
        self._socket = listening
        self._opener = opener
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._held: socket.socket | None = None  # accepted, and there is no room for it
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
        """Let new connections wait in the system's backlog; log it once a minute."""
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
