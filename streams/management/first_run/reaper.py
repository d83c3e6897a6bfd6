"""Leaves nothing behind when `manage.py up` is gone, however it went.

Run as a script, by path, and leader of the process group that all children of `up`
are born into. Its standard input is a pipe whose other end `up` alone holds: when
that closes, whatever is left of the group is ended, itself last. Nobody needs to
tell it who was started, so there is no moment in which a child is not known to it.

It also holds the portal's lock (an inherited file), which is thus free again only
when all is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

ALL_STOPPED = b"all stopped"
GRACE_S = 2.0  # for a Valkey to write its log, a worker to finish a request


def main(run_file: Path) -> None:
    # What ends `up` may reach us too (Ctrl-C, a closed terminal): we outlive it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    word = sys.stdin.buffer.read()  # returns when `up` says so, or is gone
    if word != ALL_STOPPED:
        run_file.unlink(missing_ok=True)
        os.killpg(0, signal.SIGTERM)
        time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
