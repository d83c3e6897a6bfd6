"""Hosts on this machine: network namespaces with cables between them (Linux, as root).

They have no names: the kernel removes one with its last process and its last open file.
So nothing is left of them, however a test ends, and two runs never meet.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

OURS = "/proc/thread-self/ns/net"


def lacking() -> str:
    """Return why hosts cannot be created here, or "" if they can."""
    if not shutil.which("ip"):
        return "no `ip` (iproute2) on this machine"
    tried = subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL)
    return "we may not make network namespaces; root may" if tried.returncode else ""


def address_of(number: int) -> str:
    return f"10.0.0.{number}"


@dataclass(frozen=True, slots=True)
class Host:
    """A host with one address, which is reachable over each of its cables."""

    number: int
    namespace: int  # an open file

    @property
    def address(self) -> str:
        return address_of(self.number)

    @property
    def hardware(self) -> str:
        """Return its hardware address on each cable."""
        return f"02:00:00:00:00:{self.number:02x}"

    @contextmanager
    def here(self) -> Iterator[None]:
        """Move this thread to the host for the block, and everything that it starts there."""
        with _staying():
            os.setns(self.namespace, os.CLONE_NEWNET)
            yield

    def ip(self, words: str) -> None:
        self._run(f"ip {words}")

    def connections_to(self, other: Host) -> list[str]:
        """Return the connections that its processes consider open."""
        found = self._run(f"ss -Htn state established dst {other.address}")
        return found.splitlines()

    def _run(self, command: str) -> str:
        with self.here():
            return subprocess.run(
                command.split(), check=True, stdout=subprocess.PIPE, text=True
            ).stdout


@contextmanager
def host(number: int) -> Iterator[Host]:
    """Create a host without processes or cables."""
    with _staying():
        os.unshare(os.CLONE_NEWNET)
        namespace = os.open(OURS, os.O_RDONLY)
    made = Host(number, namespace)
    try:
        made.ip("link set lo up")
        made.ip(f"address add {made.address}/32 dev lo")
        yield made
    finally:
        os.close(namespace)


@contextmanager
def _staying() -> Iterator[None]:
    """Return to the present namespace at the end."""
    before = os.open(OURS, os.O_RDONLY)
    try:
        yield
    finally:
        os.setns(before, os.CLONE_NEWNET)
        os.close(before)


def join(one: Host, other: Host) -> None:
    """Connect two hosts with a cable.

    Its end on each host is named after the other one.
    """
    there = f"/proc/{os.getpid()}/fd/{other.namespace}"
    one.ip(
        f"link add to-{other.number} address {one.hardware} type veth"
        f" peer name to-{one.number} address {other.hardware} netns {there}"
    )
    for near, far in ((one, other), (other, one)):
        plug_in(near, far)
        # An absent host is not announced, as behind a router: packets vanish.
        near.ip(
            f"neighbour add {far.address} lladdr {far.hardware}"
            f" dev to-{far.number} nud permanent"
        )


def plug_in(near: Host, far: Host) -> None:
    near.ip(f"link set to-{far.number} up")
    near.ip(f"route replace {far.address} dev to-{far.number}")


def pull_out(near: Host, far: Host) -> None:
    """Unplug the near end. The far end does not notice, so its connections hang."""
    near.ip(f"link set to-{far.number} down")
