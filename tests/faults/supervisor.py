"""Start what the units in docker/systemd say, as systemd does."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.child_processes import start, stop

# Pass a socket on as systemd does: as descriptor 3, with the process's own ID.
_WITH_SOCKET = 'exec 3<&"$0"; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'


@dataclass(slots=True)
class Supervisor:
    """Starts the units of a folder, with `places` replaced by those of the test."""

    units: Path
    places: dict[str, str]
    log: Path
    stack: ExitStack
    sockets: dict[str, socket.socket] = field(default_factory=dict)  # by unit
    started: list[str] = field(default_factory=list)

    def systemctl(self, *arguments: str) -> None:
        """Do what `systemctl` is asked to do; a oneshot has ended when this returns."""
        verb, *names = [each for each in arguments if not each.startswith("--")]
        assert verb in {"daemon-reload", "start", "enable"}, arguments
        for name in names:
            self._start(name if "." in name else f"{name}.service")

    def _start(self, name: str) -> None:
        unit = self._read(name)
        self.started.append(name)
        if name.endswith(".socket"):
            host, port = unit["ListenStream"][0].split(":")
            opened = socket.create_server((host, int(port)), backlog=2048)
            self.sockets[name] = self.stack.enter_context(opened)
        elif name.endswith(".timer"):  # a timer of the night; started at once here
            self._start(name.replace(".timer", ".service"))
        elif unit["Type"] == ["oneshot"]:
            for command in unit["ExecStart"]:
                subprocess.run(shlex.split(command), check=True, **self._options(unit))
        else:
            self._keep_running(name, unit)

    def _keep_running(self, name: str, unit: dict[str, list[str]]) -> None:
        [command], fds = unit["ExecStart"], []
        words = shlex.split(command)
        if "Requires" in unit:
            fds = [self.sockets[unit["Requires"][0]].fileno()]
            words = ["bash", "-c", _WITH_SOCKET, str(fds[0]), *words]
        child = start(
            words,
            at_our_death=signal.SIGKILL,
            process_group=0,
            pass_fds=fds,
            **self._options(unit),
        )
        self.stack.callback(stop, child, signal.SIGTERM)

    def _options(self, unit: dict[str, list[str]]) -> dict:
        """Return arguments for the unit's folder, with only the unit's environment."""
        words = " ".join(unit.get("Environment", [])).split()
        for file in unit.get("EnvironmentFile", []):
            words += Path(file).read_text().splitlines()
        named = dict(word.split("=", 1) for word in words)
        log = self.stack.enter_context(self.log.open("ab"))
        environ = {"PATH": os.environ["PATH"], **named}
        folder = Path(unit["WorkingDirectory"][0])
        if "StateDirectory" in unit:  # systemd creates it
            folder.mkdir(exist_ok=True, parents=True)
        return {"cwd": folder, "env": environ, "stdout": log, "stderr": log}

    def _read(self, name: str) -> dict[str, list[str]]:
        text = (self.units / name).read_text()
        for place, ours in self.places.items():
            text = text.replace(place, ours)
        unit: dict[str, list[str]] = {}
        for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
            value = value.replace("$$", "$").replace("%%", "%")  # as systemd reads it
            unit.setdefault(key, []).append(value)
        return unit
