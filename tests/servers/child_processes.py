"""Child processes that end with their parent, however it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send `number` to this process when `parent` dies (Linux only)."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before the kernel was asked
        os.kill(os.getpid(), number)


def start(
    command: Sequence[str], *, at_our_death: signal.Signals, **options: Any
) -> subprocess.Popen:
    """Start a child that gets the signal `at_our_death` when this process dies."""
    return subprocess.Popen(
        command,
        # Called after the change of user, which would clear it.
        preexec_fn=partial(end_with_parent, os.getpid(), at_our_death),
        **options,
    )


def family(process: int) -> list[int]:
    """Return a process and its children, by ID (Linux only)."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [process, *map(int, children.split())]


def stop(
    child: subprocess.Popen, number: signal.Signals, *, timeout_s: float = 20
) -> None:
    """Ask a child to end, and kill it if it has not ended after `timeout_s`."""
    child.send_signal(number)
    try:
        child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
