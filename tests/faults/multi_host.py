"""A portal over three hosts: database and broker on the first, on each of the others a
worker and an ingest. Segment and its senders are outside, and reach these two."""

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

from tests.faults.database import own_postgres
from tests.faults.hosts import Host, address_of, host, join, plug_in, pull_out
from tests.running import INGEST, ROOT, RunningPortal, running
from tests.segment import SandboxSegment, sandbox_process
from tests.services import valkey
from tests.services.processes import start, stop

if TYPE_CHECKING:
    from streams.events.models import Feed
    from tests.faults.event_lanes import Lane

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
# The host is a throw-away one, so anybody may come in.
OPEN = {"bind": "0.0.0.0", "protected-mode": "no"}


@dataclass(slots=True)
class Member:
    """A host that takes events and sends them: to a region of its own, so that we know who
    sent what."""

    host: Host
    portal: RunningPortal
    region: str
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.host.address}:8001"

    def start(self, *names: str) -> None:
        """Of ingest, worker and beat; returns once an ingest answers."""
        with self.host.here():
            for name in names:
                self.running[name] = self._start(name)

    def stop(self, name: str) -> None:
        """As a deployment does: it may finish what it has begun."""
        stop(self.running.pop(name), signal.SIGTERM)

    @contextmanager
    def holding(self, feed: Feed) -> Iterator[None]:
        """Somebody on the host is amid a transaction, and has locked the feed."""
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
class Spread:
    """What a scene asks of a site, and which host is which."""

    segment: SandboxSegment
    portal: RunningPortal  # for us, who reach the database by its socket
    first: Host
    members: list[Member]
    _turns: dict[str, Iterator[Member]] = field(default_factory=dict)  # by lane

    def url_for(self, lane: Lane) -> str:
        """One after the other, as by a balancer that does not ask whether they are well."""
        turns = self._turns.setdefault(lane.name, cycle(self.members))
        return next(turns).url

    def requests_of(self, member: Member) -> int:
        """How many it has sent to Segment."""
        sent = self.segment.stats()["by_region"].get(member.region, {"requests": 0})
        return sent["requests"]

    def has_noticed(self, member: Member) -> bool:
        """Whether it has given up every connection to database and broker."""
        return not member.host.connections_to(self.first)

    @contextmanager
    def cut_off(self, member: Member) -> Iterator[None]:
        """From database and broker; Segment and those who send events still reach it."""
        pull_out(self.first, member.host)
        try:
            yield
        finally:
            plug_in(self.first, member.host)


@contextmanager
def spread(environ: dict[str, str], folder: Path) -> Iterator[Spread]:
    """Nothing is started yet but what the portal works on; its database is empty."""
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
        yield Spread(segment, portal("ours", DATABASE_URL=socket), first, members)


@contextmanager
def _hosts() -> Iterator[list[Host]]:
    """The three; this thread, and what it begins, is outside until the end."""
    with ExitStack() as stack:
        outside, *inside = (stack.enter_context(host(n)) for n in (OUTSIDE, *INSIDE))
        first, *members = inside
        for member in members:
            join(first, member)
            join(outside, member)
        with outside.here():
            yield inside
