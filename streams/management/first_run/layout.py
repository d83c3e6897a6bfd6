"""Where everything of one portal on one machine is: its ports and its files."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


class PortInUse(Exception):
    """A port that the portal needs is taken; the message names it and a way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`port` is the web's; the others stand beside it."""

    var_dir: Path
    port: int
    own_broker: bool

    @property
    def ports(self) -> dict[str, int]:
        """The port of each server that `up` starts."""
        names = ["web", "ingest", "sandbox", "valkey"]
        if not self.own_broker:
            names.remove("valkey")
        return {name: self.port + place for place, name in enumerate(names)}

    def address(self, name: str) -> str:
        """`host:port`, as servers are told to bind it."""
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
        """Raises PortInUse."""
        for name, port in self.ports.items():
            problem = _problem_with(port)
            if problem:
                raise PortInUse(
                    f"Port {port}, for {name}, {problem}. Stop what uses it, or move the"
                    f" whole portal: PORT={_another(self.port)} and start again."
                )


def _problem_with(port: int) -> str | None:
    if not 0 < port < 65536:
        return "is no port number"
    with socket.socket() as trial:
        # As servers do: a port in TIME_WAIT is free, one with a listener is not.
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
