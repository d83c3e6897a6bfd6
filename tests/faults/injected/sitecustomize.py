"""Run first in each process of a portal under test: let its clock jump and names fail.

The folder FAULTS_INSIDE contains `clock-<name>`, the seconds by which the clock of the
processes called FAULTS_NAME is off, and `names`, the hosts that resolve to this
machine. Both are read again and again. The portal's own code knows nothing of them.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

FOLDER = Path(os.environ["FAULTS_INSIDE"])
CLOCK = FOLDER / f"clock-{os.environ['FAULTS_NAME']}"
NAMES = FOLDER / "names"
READ_EVERY_S = 0.05

look_up = socket.getaddrinfo


def look_up_here(host, *arguments, **options):
    known = NAMES.read_text().split() if NAMES.exists() else []
    return look_up("127.0.0.1" if host in known else host, *arguments, **options)


def follow_clock() -> None:
    """Be off by the seconds in the file. Monotonic clocks stay, as in reality."""
    travel, off_s = None, 0.0
    while True:
        told_s = float(CLOCK.read_text()) if CLOCK.exists() else 0.0
        if told_s != off_s:
            if travel:
                travel.stop()
            there = datetime.now(UTC) + timedelta(seconds=told_s)
            travel, off_s = time_machine.travel(there, tick=True), told_s
            travel.start()
        time.sleep(READ_EVERY_S)


def begin() -> None:
    threading.Thread(target=follow_clock, name="clock", daemon=True).start()


socket.getaddrinfo = look_up_here
os.register_at_fork(after_in_child=begin)  # threads do not survive a fork
begin()
