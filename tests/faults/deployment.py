"""A whole portal of its own, each part of which can be hurt: processes, database, broker,
the way to Segment, the clock."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from tests.faults.certificates import Certificates
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.versions import ingest_of
from tests.running import INGEST, ROOT, WEB, RunningPortal, running
from tests.segment import SandboxSegment, sandbox_process
from tests.services import valkey
from tests.services.processes import stop

if TYPE_CHECKING:  # a conftest is read before Django is set up
    from tests.faults.event_lanes import Lane
    from tests.services.postgres import Cluster

INSIDE = Path(__file__).with_name("inside")
UNKNOWN_HOST = "segment.invalid"  # never resolves (RFC 6761)
LOG_LINES = 300  # shown with a failure


@dataclass(slots=True)
class Broker:
    """A Redis of the site's own, and the way to it."""

    binary: Path
    folder: Path
    server: valkey.Broker
    way: Proxy

    def kill(self) -> None:
        self.server.process.kill()
        self.server.process.wait()

    def start(self) -> None:
        """Empty, at the same port."""
        self.server = valkey.start_on(self.binary, self.folder, self.server.port)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """It responds to every command that writes with an error, as when it is full."""
        with redis.Redis(port=self.server.port) as client:
            client.config_set("maxmemory", 1)
            yield
            client.config_set("maxmemory", 0)

    def flush(self) -> None:
        with redis.Redis(port=self.server.port) as client:
            client.flushall()


@dataclass(slots=True)
class Site:
    """The processes by name: ingest, web, beat, worker-1, worker-2 …"""

    portal: RunningPortal
    segment: SandboxSegment
    broker: Broker
    secure: Proxy  # the way to Segment by https; its certificate can be a bad one
    certificates: Certificates
    inside: Path  # see inside/sitecustomize.py
    database: Cluster | None  # None: SQLite, or not ours to hurt
    urls: dict[str, str]
    running: dict[str, subprocess.Popen] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)  # those of `urls` that were started
    all_to: str = ""  # whom every lane posts to, once a balancer has noticed

    def start(self, *names: str) -> None:
        """Start these; returns once those answer that are asked by HTTP."""
        for name in names:
            self.running[name] = self._start(name)
        self.served |= self.urls.keys() & set(names)
        for name in self.urls.keys() & set(names):
            self.portal.answering(self.running[name], self.urls[name])

    def start_ingest(self, *, code: Path) -> None:
        url = self.urls["ingest"]
        self.running["ingest"] = self.portal.serve(url, ingest_of(code), code=code)
        self.portal.answering(self.running["ingest"], url)

    def start_worker(self, name: str, *, code: Path = ROOT, **environ: str) -> None:
        named = {"FAULTS_NAME": name, **environ}
        self.running[name] = self.portal.worker(code=code, **named)

    def kill(self, *names: str) -> None:
        for name in names:
            self.portal.kill(self.running.pop(name))

    def freeze(self, name: str) -> None:
        os.killpg(self.running[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        os.killpg(self.running[name].pid, signal.SIGCONT)

    def stop(self, *names: str) -> None:
        """As a deployment does, all at once: they may finish what they have begun."""
        children = [self.running.pop(name) for name in names]
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            stop(child, signal.SIGCONT)  # for one that is frozen; else it does nothing

    @property
    def workers(self) -> list[str]:
        return [name for name in self.running if name.startswith("worker")]

    def set_clock(self, name: str, off_s: float) -> None:
        """Have the clock of a process be so far off."""
        _write(self.inside / f"clock-{name}", str(off_s))

    def resolve(self, *hosts: str) -> None:
        """Let these names be found, and none but those that exist."""
        _write(self.inside / "names", " ".join(hosts))

    def resolve_segment(self) -> None:
        self.resolve(UNKNOWN_HOST)

    def url_for(self, lane: Lane) -> str:
        """Where a lane's events are posted: every third to the web port, if it serves."""
        third = lane.cursor.feed_id % 3 == 0
        usual = "web" if third and "web" in self.served else "ingest"
        return self.urls[self.all_to or usual]

    def _start(self, name: str) -> subprocess.Popen:
        if name in self.urls:
            what = INGEST if name == "ingest" else WEB
            return self.portal.serve(self.urls[name], what)
        if name.startswith("beat"):
            return self.portal.beat(FAULTS_NAME=name)
        return self.portal.worker(FAULTS_NAME=name)


def _write(file: Path, text: str) -> None:
    """In one step: a reader finds the old text or the new."""
    file.with_suffix(".new").write_text(text)
    file.with_suffix(".new").rename(file)


@contextmanager
def site(
    environ: dict[str, str],
    folder: Path,
    *,
    broker: Path,
    database: Cluster | None = None,
) -> Iterator[Site]:
    """Nothing is started yet; `environ` names the database, `broker` the program."""
    with ExitStack() as stack:
        # More than arrives in a test: one that looks late still sees every event.
        segment, _ = stack.enter_context(sandbox_process("--keep", "100000"))
        server = stack.enter_context(_broker(broker, folder / "broker"))
        port = int(segment.url.rpartition(":")[2])
        certificates = Certificates.make(folder)
        secure = stack.enter_context(proxy_to(port, tls=certificates.good))
        (inside := folder / "inside").mkdir()
        ours = {
            "REDIS_URL": f"redis://127.0.0.1:{server.way.own_port}/0",
            "SANDBOX_URL": segment.url,
            "SEGMENT_US_URL": f"https://localhost:{secure.own_port}/us/v1",
            "SEGMENT_EU_URL": f"http://{UNKNOWN_HOST}:{port}/eu/v1",
            "REQUESTS_CA_BUNDLE": str(certificates.authority),
            "PYTHONPATH": str(INSIDE),
            "FAULTS_INSIDE": str(inside),
            "FAULTS_NAME": "all",
        }
        portal = stack.enter_context(running(environ | ours, folder))
        urls = {n: f"http://127.0.0.1:{valkey.free_port()}" for n in ("ingest", "web")}
        made = Site(
            portal, segment, server, secure, certificates, inside, database, urls
        )
        made.resolve_segment()
        try:
            yield made
        finally:
            print(
                "".join(portal.log.read_text().splitlines(keepends=True)[-LOG_LINES:])
            )


@contextmanager
def _broker(binary: Path, folder: Path) -> Iterator[Broker]:
    with (
        valkey.running(binary, folder) as server,
        proxy_to(server.port) as way,
    ):
        broker = Broker(binary, folder, server, way)
        try:
            yield broker
        finally:
            stop(broker.server.process, signal.SIGTERM)
