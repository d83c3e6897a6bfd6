"""The lock that allows one portal at a time per VAR_DIR."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# A bit longer than a portal takes to end after its `up` was killed (parent_watchdog.py).
PATIENCE_S = 5.0


class AlreadyRunning(Exception):
    """Another portal uses this folder. The message has its process ID."""


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold the lock and yield its file descriptor.

    A process that inherits the descriptor also holds the lock. Raises AlreadyRunning.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        owner = os.pread(descriptor, 20, 0).decode().strip()
        if _runs(owner) or time.monotonic() > deadline:
            raise AlreadyRunning(
                f"A portal is already running in {path.parent} (process"
                f" {owner or 'unknown'}). Stop it first, or use another folder and other"
                " ports for this one: VAR_DIR=… PORT=…"
            )
        time.sleep(0.1)


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:  # it runs as another user
        return True
    return True
