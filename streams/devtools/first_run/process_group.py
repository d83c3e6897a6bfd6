"""The group of child processes, which start and stop together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from streams.devtools.first_run import parent_watchdog

if TYPE_CHECKING:
    from streams.devtools.first_run.console import Console

TAIL_LINES = 15
# If a child ends this soon, this many times in a row, all processes stop.
SHORT_LIFE_S = 5.0
SHORT_LIVES = 3
POLL_S = 0.05


class ChildExited(Exception):
    """A child ended unexpectedly. The message has its exit status and last output."""

    def __init__(self, name: str, how: str) -> None:
        super().__init__(f"{name} ended unexpectedly: {how}")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How to start and stop a child."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    stdin: str = field(default="", repr=False)  # its input; can contain secrets
    hides: Sequence[str] = ()  # lines with one of these texts are not shown
    ends: bool = False  # it finishes its work and exits with 0
    stop_turn: int = 0  # children with a lower turn stop first
    grace_s: float = 10.0  # time to stop before it is killed


class Child:
    """A running service. Its output goes to the console line by line."""

    def __init__(self, service: Service, console: Console, *, group: int) -> None:
        self.service = service
        self.started_at = time.monotonic()
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as stdin:
            stdin.write(service.stdin)
            stdin.seek(0)
            self.process = subprocess.Popen(
                service.argv,
                env=dict(service.env),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                process_group=group,
            )
        output = self.process.stdout
        self._reader = Thread(target=self._read, args=(output, console), daemon=True)
        self._reader.start()

    def _read(self, output: IO[str], console: Console) -> None:
        with output:
            for line in output:
                text = line.rstrip()
                self.tail.append(text)
                if not any(words in text for words in self.service.hides):
                    console.line(self.service.name, text)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def has_died(self) -> bool:
        return not self.is_alive and not self.is_done

    @property
    def is_done(self) -> bool:
        """Whether a service that `ends` has finished its work."""
        return self.service.ends and self.process.poll() == 0

    def how_it_ended(self) -> str:
        """Return the exit status and the last lines of output."""
        self._reader.join(timeout=1)  # a grandchild may still hold the pipe
        tail = "".join(f"\n    {line}" for line in self.tail) or " none"
        code = self.process.wait()
        killed = f"killed by {signal.Signals(-code).name}" if code < 0 else ""
        return f"{killed or f'exit code {code}'}. Last output:{tail}"


class ProcessGroup:
    """Starts children. As a context manager, it leaves no process behind.

    All children are in the process group of the watchdog, which ends the remaining ones
    once this process is gone.
    """

    def __init__(self, console: Console, *, run_file: Path, lock: int) -> None:
        self._console = console
        self._children: list[Child] = []
        self._short_lives: Counter[str] = Counter()  # in a row, by name
        watchdogs_end, self._lifeline = os.pipe()
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", parent_watchdog.__file__, str(run_file)],
            stdin=watchdogs_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            pass_fds=[lock],
        )
        os.close(watchdogs_end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in self._children:
            child.process.kill()  # has no effect after an orderly stop
        # End strays, such as the gunicorn workers of a master that was killed.
        if self._watchdog.poll() is None:
            os.write(self._lifeline, parent_watchdog.ALL_STOPPED)
        os.close(self._lifeline)
        self._watchdog.wait()

    def start(self, service: Service) -> Child:
        child = Child(service, self._console, group=self._watchdog.pid)
        self._children.append(child)
        return child

    def check(self) -> None:
        """Raise ChildExited if a child has ended unexpectedly."""
        for child in self._children:
            if child.has_died:
                raise ChildExited(child.service.name, child.how_it_ended())
        if self._watchdog.poll() is not None:
            raise ChildExited("watchdog", "it cleans up after the portal is killed.")

    def revive(self) -> None:
        """Restart children that have ended, and report each one.

        Raises ChildExited for a child that keeps ending.
        """
        for place, child in enumerate(self._children):
            if child.has_died and self._may_live_again(child):
                name = child.service.name
                self._console.say(
                    f"\n  {name} ended unexpectedly: {child.how_it_ended()}"
                )
                self._console.say(f"  Restarting {name}.")
                self._children[place] = Child(
                    child.service, self._console, group=self._watchdog.pid
                )
        self.check()

    def _may_live_again(self, child: Child) -> bool:
        lived_s, name = time.monotonic() - child.started_at, child.service.name
        self._short_lives[name] = (
            self._short_lives[name] + 1 if lived_s < SHORT_LIFE_S else 0
        )
        return self._short_lives[name] < SHORT_LIVES

    def stop(self, *, at_once: Callable[[], bool]) -> None:
        """Stop the children turn by turn, and kill those that take too long.

        If `at_once` returns true, the remaining children are killed immediately.
        """
        for turn in sorted({child.service.stop_turn for child in self._children}):
            leaving = [c for c in self._children if c.service.stop_turn == turn]
            for child in leaving:
                child.process.terminate()
            began = time.monotonic()
            for child in leaving:
                self._wait_for(
                    child, until=began + child.service.grace_s, at_once=at_once
                )

    def _wait_for(
        self, child: Child, *, until: float, at_once: Callable[[], bool]
    ) -> None:
        while child.is_alive:
            if at_once() or time.monotonic() > until:
                self._console.say(
                    f"Killing {child.service.name}, which has not stopped yet."
                )
                child.process.kill()
                child.process.wait()
            time.sleep(POLL_S)
