"""An `up` of three small programs, run as a separate process by the tests.

python -m tests.management.process_group_stand_in FOLDER [CHILD_OF_ITS_OWN]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.management.base import OutputWrapper

from streams.devtools.first_run import lock
from streams.devtools.first_run.console import Console
from streams.devtools.first_run.process_group import ChildExited, ProcessGroup, Service
from streams.devtools.first_run.stop_signals import StopRequested, stop_request

# Announces itself, works, and on SIGTERM announces its end.
POLITE = """
import signal, sys, time
def go(*_):
    print("goes", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, go)
print("is there", flush=True)
while True:
    time.sleep(1)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("is there", flush=True)
while True:
    time.sleep(1)
"""
# Has its own child that outlives it, as gunicorn has workers.
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {STUBBORN!r}])
"""
PROGRAMS = {"polite": POLITE, "stubborn": STUBBORN, "parent": PARENT}


def main(folder: Path, *names: str) -> int:
    console = Console(
        OutputWrapper(sys.stdout), names, colour=False, on_lost=lambda: None
    )
    with (
        stop_request() as stop,
        lock.held(folder / "lock") as held,
        ProcessGroup(console, run_file=folder / "run.json", lock=held) as group,
    ):
        try:
            for turn, name in enumerate(names):
                group.start(service(name, turn))
            (folder / "run.json").touch()
            while True:
                stop.check(within_s=0.05)
                group.revive()
        except StopRequested:
            return 0
        except ChildExited as death:
            console.say(str(death))
            return 1
        finally:
            group.stop(at_once=lambda: stop.at_once)


def service(name: str, turn: int) -> Service:
    """`polite2` is another process of the program `polite`."""
    program = PROGRAMS[name.rstrip("0123456789")]
    return Service(
        name=name,
        argv=[sys.executable, "-c", program],
        env=dict(os.environ),
        stop_turn=turn,
        grace_s=1,
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
