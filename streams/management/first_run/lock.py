"""One portal at a time on one VAR_DIR."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# A portal whose `up` was killed needs so long to end (reaper.py); a bit more.
PATIENCE_S = 5.0


class AlreadyUp(Exception):
    """Another portal runs on this folder; the message says which."""


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold the lock and yield its file descriptor; who inherits that holds it too.

    Raises AlreadyUp.
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
            raise AlreadyUp(
                f"A portal is already up on {path.parent} (process {owner or 'unknown'})."
                " Stop it first, or give this one a folder and ports of its own:"
                " VAR_DIR=… PORT=…"
            )
        time.sleep(0.1)


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:  # it runs, as somebody else
        return True
    return True
