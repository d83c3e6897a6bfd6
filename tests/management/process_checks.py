from __future__ import annotations

import time

import psutil

PATIENCE_S = 10


def eventually(is_true, *, within_s=PATIENCE_S):
    """Poll until it is true; fail after a while."""
    deadline = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def alive(processes):
    """Return those that still run. A zombie does not: its parent has to reap it."""
    return [p for p in processes if _runs(p)]


def gone(processes):
    eventually(lambda: not alive(processes))


def _runs(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
