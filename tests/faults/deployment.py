"""A complete portal whose parts can fail.

Processes, database, broker, the network to Segment and the clock can all be disturbed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis

from tests.faults.previous_version import ingest_of
from tests.faults.proxy import Proxy, proxy_to
from tests.portal_processes import INGEST, ROOT, WEB, RunningPortal, running
from tests.segment import SandboxSegment, sandbox_process
from tests.servers import valkey
from tests.servers.certificates import Certificates
from tests.servers.child_processes import stop

if TYPE_CHECKING:  # a conftest is read before Django is set up
    from tests.faults.flows import Flow
    from tests.servers.postgres import Cluster

INSIDE = Path(__file__).with_name("injected")
UNKNOWN_HOST = "segment.invalid"  # never resolves (RFC 6761)
LOG_LINES = 300  # shown with a failure


@dataclass(slots=True)
class Broker:
    """A separate Redis, and the proxy in front of it."""

    binary: Path
    folder: Path
    server: valkey.Broker
    proxy: Proxy

    def kill(self) -> None:
        self.server.process.kill()
        self.server.process.wait()

    def start(self) -> None:
        """Start it empty, on the same port."""
        self.server = valkey.start_on(self.binary, self.folder, self.server.port)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Respond to every command that writes with an error, as a full Redis does."""
        with redis.Redis(port=self.server.port) as client:
            client.config_set("maxmemory", 1)
            yield
            client.config_set("maxmemory", 0)

    def flush(self) -> None:
        with redis.Redis(port=self.server.port) as client:
            client.flushall()


@dataclass(slots=True)
class Deployment:
    """A deployment of processes by name: ingest, web, beat, worker-1, worker-2 …"""

    portal: RunningPortal
    segment: SandboxSegment
    broker: Broker
    secure: Proxy  # the network to Segment by https; its certificate can be a bad one
    certificates: Certificates
    inside: Path  # see injected/sitecustomize.py
    database: Cluster | None  # None: SQLite, or not a server of this test
    urls: dict[str, str]
    running: dict[str, subprocess.Popen] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)  # those of `urls` that were started
    all_to: str = ""  # where every flow is sent after a balancer noticed a failure
    # How Segment responds to single write keys, beside a fault that concerns all of them.
    responses: dict[str, Any] = field(default_factory=dict)
    _script: threading.RLock = field(default_factory=threading.RLock)

    def start(self, *names: str) -> None:
        """Start these processes; return once those with a URL respond."""
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
        """Stop all at once, as a deployment does.

        They may finish what they have begun.
        """
        children = [self.running.pop(name) for name in names]
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            stop(child, signal.SIGCONT)  # for a frozen process; others do not notice

    @property
    def workers(self) -> list[str]:
        return [name for name in self.running if name.startswith("worker")]

    def set_clock(self, name: str, off_s: float) -> None:
        """Set the clock of a process off by this many seconds."""
        _write(self.inside / f"clock-{name}", str(off_s))

    def resolve(self, *hosts: str) -> None:
        """Make these host names resolve, and no others."""
        _write(self.inside / "names", " ".join(hosts))

    def resolve_segment(self) -> None:
        self.resolve(UNKNOWN_HOST)

    @contextmanager
    def scripted(self, *rules: dict[str, Any]) -> Iterator[None]:
        """Have Segment behave by these rules during the block."""
        with self._script:
            self.segment.behave(*self._own_rules(), *rules)
            yield
            self.segment.behave(*self._own_rules())

    def respond(self, responses: dict[str, Any]) -> None:
        """Have Segment respond this way to these write keys, None means as usual.

        Waits for the end of `scripted`, whose one-off responses would start again.
        """
        with self._script:
            self.responses |= responses
            self.segment.behave(*self._own_rules())

    def _own_rules(self) -> list[dict[str, Any]]:
        return [
            {"write_key": key, "then": response}
            for key, response in self.responses.items()
            if response is not None
        ]

    def url_for(self, flow: Flow) -> str:
        """Return where a flow's events go: every third to the web port, if it runs."""
        third = flow.cursor.feed_id % 3 == 0
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
    """Write in one step: a reader finds the old text or the new."""
    file.with_suffix(".new").write_text(text)
    file.with_suffix(".new").rename(file)


@contextmanager
def deployment(
    environ: dict[str, str],
    folder: Path,
    *,
    broker: Path,
    database: Cluster | None = None,
) -> Iterator[Deployment]:
    """Create a deployment on this database and broker without starting it."""
    with ExitStack() as stack:
        # More than arrives in a test, so that a late check still sees every event.
        segment, _ = stack.enter_context(sandbox_process("--keep", "100000"))
        server = stack.enter_context(_broker(broker, folder / "broker"))
        port = int(segment.url.rpartition(":")[2])
        certificates = Certificates.make(folder)
        secure = stack.enter_context(proxy_to(port, tls=certificates.good))
        (inside := folder / "inside").mkdir()
        ours = {
            "REDIS_URL": f"redis://127.0.0.1:{server.proxy.own_port}/0",
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
        made = Deployment(
            portal, segment, server, secure, certificates, inside, database, urls
        )
        made.resolve_segment()
        try:
            yield made
        finally:
            print(*portal.log.read_text().splitlines()[-LOG_LINES:], sep="\n")


@contextmanager
def _broker(binary: Path, folder: Path) -> Iterator[Broker]:
    with (
        valkey.running(binary, folder) as server,
        proxy_to(server.port) as proxy,
    ):
        broker = Broker(binary, folder, server, proxy)
        try:
            yield broker
        finally:
            stop(broker.server.process, signal.SIGTERM)
