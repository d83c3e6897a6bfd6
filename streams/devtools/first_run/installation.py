"""The ports and files of one portal on one machine."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


class PortInUse(Exception):
    """A port is not available. The message has the port and a way to change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The ports and files. `port` is the web server's; the others follow it."""

    var_dir: Path
    port: int
    own_broker: bool

    @property
    def ports(self) -> dict[str, int]:
        """The port of each server that `up` starts, by name."""
        names = ["web", "ingest", "sandbox", "valkey"]
        if not self.own_broker:
            names.remove("valkey")
        return {name: self.port + place for place, name in enumerate(names)}

    def address(self, name: str) -> str:
        """Return the `host:port` that a server binds to."""
        return f"{HOST}:{self.ports[name]}"

    def url(self, name: str) -> str:
        return f"http://{self.address(name)}"

    @property
    def run_file(self) -> Path:
        return self.var_dir / "run.json"

    @property
    def lock_file(self) -> Path:
        return self.var_dir / "up.lock"

    def check_ports(self) -> None:
        """Raise PortInUse if a port is not available."""
        for name, port in self.ports.items():
            problem = _problem_with(port)
            if problem:
                raise PortInUse(
                    f"Port {port} (for {name}) {problem}. Stop the program that uses it, or"
                    f" use other ports: set PORT={_another(self.port)} and start again."
                )


def _problem_with(port: int) -> str | None:
    if not 0 < port < 65536:
        return "is not a valid port number"
    with socket.socket() as trial:
        # Like servers do: a port in TIME_WAIT counts as free, one with a listener doesn't.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is in use by another program"
            return f"cannot be used ({error.strerror})"
    return None


def _another(port: int) -> int:
    return port + 1000 if 1024 <= port <= 60_000 else 8000
