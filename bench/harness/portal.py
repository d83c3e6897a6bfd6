"""A running portal: its processes, as `manage.py up` starts them, and the sandbox."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load.generator import Job, Report
from bench.measure.processes import Meter
from streams.devtools.first_run import processes
from streams.devtools.first_run.installation import HOST, Layout, PortInUse
from streams.devtools.first_run.readiness import Probe, http, worker
from tests.segment import SandboxSegment
from tests.servers.child_processes import start, stop
from tests.servers.keeper import ROOT
from tests.servers.valkey import free_port

if TYPE_CHECKING:
    from bench.harness.servers import BenchServers
    from streams.devtools.first_run.processes import Service

START_TIMEOUT_S = 60.0
SEGMENTS_BUDGET = 50  # requests per second
NO_BUDGET = 1_000_000  # more than possible


class NotReached(RuntimeError):
    """The expected state was not reached in time."""


class Portal:
    """Processes on one database; each is started when a row needs it."""

    def __init__(
        self, servers: BenchServers, database_url: str, connections: int
    ) -> None:
        self.servers = servers
        self.connections = connections
        self.database_url = database_url
        self.layout = _free_layout(servers.folder)
        self.log = servers.folder / f"processes-{self.layout.port}.log"
        self.environ = servers.environ(
            database_url, SANDBOX_URL=self.layout.url("sandbox"), LOG_FORMAT="json"
        )
        self._children: dict[str, subprocess.Popen] = {}
        self.sandbox = SandboxSegment(self.layout.url("sandbox"))
        self.start(processes.sandbox(self.layout, {}))
        self.until_answers("sandbox", http(f"{self.sandbox.url}/_sandbox/healthz"))

    @property
    def keys_file(self) -> Path:
        return self.servers.keys_file(self.connections)

    def start_all(self, *, budget: bool = True) -> None:
        """Start ingest, worker and beat; without the budget, as if Segment had no limit."""
        self.start_worker(budget=budget)
        self.start_beat()
        self.start_ingest()

    def start_ingest(self) -> None:
        self.start(processes.ingest(self.layout, {}))
        self.until_answers("ingest", http(self.layout.url("ingest") + "/healthz"))

    def start_worker(self, *, budget: bool = True) -> None:
        self.set_budget(SEGMENTS_BUDGET if budget else NO_BUDGET)
        self.start(processes.worker({}))
        self.wait_for_worker()

    def wait_for_worker(self) -> None:
        answers = worker(processes.worker_name(), self.environ["REDIS_URL"])
        self.until_answers("worker", answers)

    def start_beat(self) -> None:
        self.start(processes.beat({}))

    def start(self, service: Service) -> None:
        with self.log.open("ab") as log:
            self._children[service.name] = start(
                service.argv,
                at_our_death=signal.SIGKILL,
                cwd=ROOT,
                env={**self.environ, **service.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self, name: str) -> None:
        stop(self._children.pop(name), signal.SIGTERM)

    def stop_all(self) -> None:
        for name in ("beat", "ingest", "worker", "sandbox"):
            if name in self._children:
                self.stop(name)

    def meter(self) -> Meter:
        """Return a meter of the processor time and memory of every process, from now on."""
        database, broker = self._servers()
        return Meter({n: c.pid for n, c in self._children.items()} | database | broker)

    # Changes of the database that bypass the portal

    def set_budget(self, requests_per_second: int) -> None:
        budget = f"requests_per_second = {requests_per_second}"
        self._do(f"UPDATE streams_stream SET {budget}")

    def set_check_mode(self, mode: str) -> None:
        self._do(f"UPDATE streams_stream SET check_mode = '{mode}'")

    def halt(self) -> None:
        """Stop sending within a second, as an operator can."""
        halt = "VALUES ('', 'The benchmark makes ready.', CURRENT_TIMESTAMP)"
        self._do(f"INSERT INTO streams_halt (region, reason, created_at) {halt}")

    def lift_halt(self) -> None:
        self._do("DELETE FROM streams_halt")

    def try_again_now(self) -> None:
        """End the backoff of every connection."""
        later = "due_at > CURRENT_TIMESTAMP"
        self._do(f"UPDATE streams_cursor SET due_at = CURRENT_TIMESTAMP WHERE {later}")

    def waiting(self) -> int:
        """Return the number of queued events."""
        heads, positions = "sum(head_seq)", "sum(position)"
        return int(
            self._ask(f"SELECT {heads} FROM streams_feed")
            - self._ask(f"SELECT {positions} FROM streams_cursor")
        )

    def event_bytes(self) -> float:
        """Return the mean size of a stored event, with the comma that joins it to the next."""
        some = "SELECT payload FROM streams_event LIMIT 10000"
        return self._ask(f"SELECT avg(length(payload)) + 1 FROM ({some}) AS few")

    def fill(
        self,
        events: int,
        event_bytes: int,
        *,
        days: int,
        waiting: bool,
        feeds: int | None = None,
    ) -> None:
        """Put events into the log of all feeds, or of the first ones, as if they had been sent
        (bench/load/backfill.py)."""
        how = [str(events), str(event_bytes), str(days)]
        how += ["waiting" if waiting else "sent", *([str(feeds)] if feeds else [])]
        subprocess.run(
            [sys.executable, "-m", "bench.load.backfill", *how],
            cwd=ROOT,
            env=self.environ,
            check=True,
        )

    def _do(self, statement: str) -> None:
        with self.servers.connect(self.database_url) as connection:
            connection.execute(statement)

    def _ask(self, query: str) -> float:
        with self.servers.connect(self.database_url) as connection:
            return float(connection.execute(query).fetchone()[0])

    def _servers(self) -> tuple[dict[str, int], dict[str, int]]:
        *database, broker = self.servers.keeper.servers.processes
        return {"database": database[0]} if database else {}, {"broker": broker}

    def until_listens(self, name: str) -> None:
        """Wait for a server that has no health page."""

        def probe() -> str | None:
            try:
                socket.create_connection((HOST, self.layout.ports[name])).close()
            except ConnectionRefusedError as error:
                return str(error)
            return None

        self.until_answers(name, probe)

    def until_answers(self, name: str, probe: Probe) -> None:
        give_up = time.monotonic() + START_TIMEOUT_S
        while missing := probe():
            if self._children[name].poll() is not None or time.monotonic() > give_up:
                said = self.log.read_text()[-3000:]
                raise NotReached(f"{name}: {missing}\n{said}")
            time.sleep(0.02)


@contextmanager
def portal(servers: BenchServers, *, connections: int) -> Iterator[Portal]:
    """Yield a portal on a new database, with only the sandbox running."""
    url = servers.database(connections)
    running = Portal(servers, url, connections)
    try:
        yield running
    finally:
        running.stop_all()
        servers.drop(url)


class Sending:
    """A job in progress in a separate process."""

    def __init__(self, job: Job) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load.generator"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        json.dump(asdict(job), self._process.stdin)
        self._process.stdin.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def report(self) -> Report:
        """Wait for its end. Raises NotReached if any response was not a plain 200."""
        assert self._process.stdout is not None
        said = self._process.stdout.read()
        if self._process.wait() != 0:
            raise NotReached("The load generator failed; why stands above.")
        report = Report(**json.loads(said))
        if set(report.statuses) != {"200"}:
            raise NotReached(f"Not everything was taken: {report.statuses}")
        return report


def _free_layout(folder: Path) -> Layout:
    while True:
        port = free_port()
        layout = Layout(var_dir=folder, port=port, own_broker=False)
        try:
            layout.check_ports()
        except PortInUse:
            continue
        return layout
