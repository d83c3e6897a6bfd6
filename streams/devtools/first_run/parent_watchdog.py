"""Ends all children of `manage.py up` once it is gone, even if it was killed.

Runs as a script and leads the process group of all children of `up`. Its standard input is
a pipe that only `up` holds open. When the pipe closes, this script ends whatever is left of
the group, itself last. It needs no list of children, so it cannot miss one.

It also holds the portal's lock, an inherited file, so the lock becomes free only after all
processes have ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

ALL_STOPPED = b"all stopped"
GRACE_S = 2.0  # for Valkey to write its log and a worker to finish its request


def main(run_file: Path) -> None:
    # Signals that end `up`, such as Ctrl-C, can reach this process too; ignore them.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    word = sys.stdin.buffer.read()  # returns when `up` has stopped or is gone
    if word != ALL_STOPPED:
        run_file.unlink(missing_ok=True)
        os.killpg(0, signal.SIGTERM)
        time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
