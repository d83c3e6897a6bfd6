"""A portal on three hosts.

The first host has the database and the broker, and each of the others a worker and an
ingest. Segment and the senders are outside, and reach these two.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.disposable_postgres import own_postgres
from tests.faults.hosts import Host, address_of, host, join, plug_in, pull_out
from tests.portal_processes import INGEST, ROOT, RunningPortal, running
from tests.segment import SandboxSegment, sandbox_process
from tests.servers import valkey
from tests.servers.child_processes import start, stop

if TYPE_CHECKING:
    from streams.events.models import Feed
    from tests.faults.flows import Flow

HOLD = """
import sys, time
import django
django.setup()
from django.db import transaction
from streams.events.models import Feed
with transaction.atomic():
    Feed.objects.select_for_update().get(pk=sys.argv[1])
    print("locked", flush=True)
    time.sleep(3600)
"""
OUTSIDE, INSIDE = 9, (1, 2, 3)
# The host is disposable, so any client may connect.
OPEN = {"bind": "0.0.0.0", "protected-mode": "no"}


@dataclass(slots=True)
class Member:
    """A host that receives and sends events.

    It sends to its own region, which identifies it.
    """

    host: Host
    portal: RunningPortal
    region: str
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.host.address}:8001"

    def start(self, *names: str) -> None:
        """Start ingest, worker and beat; return once ingest responds."""
        with self.host.here():
            for name in names:
                self.running[name] = self._start(name)

    def stop(self, name: str) -> None:
        """Stop as a deployment does: it may finish what it has begun."""
        stop(self.running.pop(name), signal.SIGTERM)

    @contextmanager
    def holding(self, feed: Feed) -> Iterator[None]:
        """A session on the host is inside a transaction and has locked the feed."""
        command = [sys.executable, "-c", HOLD, str(feed.pk)]
        with self.host.here():
            holder = start(
                command,
                at_our_death=signal.SIGKILL,
                cwd=ROOT,
                env=self.portal.environ,
                stdout=subprocess.PIPE,
            )
        with holder:
            try:
                assert holder.stdout.readline() == b"locked\n"
                yield
            finally:
                holder.kill()

    def _start(self, name: str) -> subprocess.Popen:
        if name != "ingest":
            return getattr(self.portal, name)()
        ingest = self.portal.serve(self.url, INGEST)
        self.portal.answering(ingest, self.url)
        return ingest


@dataclass(slots=True)
class ThreeHosts:
    """The deployment as an experiment uses it, and which host is which."""

    segment: SandboxSegment
    portal: RunningPortal  # for this process, which reaches the database by its socket
    first: Host
    members: list[Member]
    _turns: dict[str, Iterator[Member]] = field(default_factory=dict)  # by flow

    def url_for(self, flow: Flow) -> str:
        """Return one host after the other, as a balancer without health checks does."""
        turns = self._turns.setdefault(flow.name, cycle(self.members))
        return next(turns).url

    def requests_of(self, member: Member) -> int:
        """Return how many requests it has sent to Segment."""
        sent = self.segment.stats()["by_region"].get(member.region, {"requests": 0})
        return sent["requests"]

    def has_noticed(self, member: Member) -> bool:
        """Return whether it has given up every connection to database and broker."""
        return not member.host.connections_to(self.first)

    @contextmanager
    def cut_off(self, member: Member) -> Iterator[None]:
        """Cut it off from database and broker.

        Segment and the senders still reach it.
        """
        pull_out(self.first, member.host)
        try:
            yield
        finally:
            plug_in(self.first, member.host)


@contextmanager
def three_hosts(environ: dict[str, str], folder: Path) -> Iterator[ThreeHosts]:
    """Start the database, which is empty, and the broker, but nothing else."""
    with ExitStack() as stack:
        first, *others = stack.enter_context(_hosts())
        with first.here():
            _, socket = stack.enter_context(own_postgres(first.address))
            broker = stack.enter_context(
                valkey.running(valkey.find_binary(), folder / "broker", **OPEN)
            )
        segment, _ = stack.enter_context(sandbox_process("--host", address_of(OUTSIDE)))
        far = {
            "DATABASE_URL": f"postgres://postgres@{first.address}/postgres",
            "REDIS_URL": f"redis://{first.address}:{broker.port}/0",
        }

        def portal(name: str, **own: str) -> RunningPortal:
            (place := folder / name).mkdir()
            return stack.enter_context(running(environ | own, place))

        members = [
            Member(o, portal(region, SANDBOX_URL=segment.url_of(region), **far), region)
            for o, region in zip(others, ("us", "eu"), strict=True)
        ]
        yield ThreeHosts(segment, portal("ours", DATABASE_URL=socket), first, members)


@contextmanager
def _hosts() -> Iterator[list[Host]]:
    """Create the hosts. This thread, and what it starts, is outside until the end."""
    with ExitStack() as stack:
        outside, *inside = (stack.enter_context(host(n)) for n in (OUTSIDE, *INSIDE))
        first, *members = inside
        for member in members:
            join(first, member)
            join(outside, member)
        with outside.here():
            yield inside
