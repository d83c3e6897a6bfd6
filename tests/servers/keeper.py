"""Keep the servers of one run: start them, wait for the run to end, clean up.

It is a separate process, so that nothing is left over however the run ends: it reads
from a pipe that the run holds open, and the system closes that pipe when the run is
gone, be it by Ctrl-C or by `kill -9`.

Run as `python -m tests.servers.keeper DATABASE`, with `durable` after it for a
database whose commits survive a power cut.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

from tests.servers import postgres, valkey

Database = Literal["sqlite", "postgres"]
ROOT = Path(__file__).resolve().parents[2]
STOP_TIMEOUT_S = 120  # deleting the files of a long run takes a while


class ServersNotStarted(RuntimeError):
    """The servers for the tests did not start. The reason is above, on stderr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The addresses of the servers. The workers of a run get them as JSON."""

    folder: str  # all files of the run; deleted with it
    postgres: str  # the folder of PostgreSQL's socket; empty: SQLite
    broker: str  # redis:// without a database number
    programs: list[str]
    processes: list[int]


class Keeper:
    """The run's side: holds the pipe, and with it the servers."""

    def __init__(self, database: Database, *, durable: bool = False) -> None:
        how = ["durable"] if durable else []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.keeper", database, *how],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the run, whose end is ours
        )
        said = self._process.stdout.readline()
        if not said:
            self.stop()
            raise ServersNotStarted(database)
        self.servers = Servers(**json.loads(said))

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """Stop the servers; return when they and their folder are gone."""
        self._process.stdin.close()
        self._process.wait(STOP_TIMEOUT_S)
        self._process.stdout.close()


@contextmanager
def servers(database: Database, *, durable: bool = False) -> Iterator[Servers]:
    """Run the servers that tests on `database` need, in a new folder."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="portal-test-")))
        folder.chmod(0o711)  # PostgreSQL may run as another user, in a folder below
        (folder / "files").mkdir(mode=0o700)
        programs, processes, socket_folder = [], [], ""
        if database == "postgres":
            binaries = postgres.find_binaries()
            socket_folder = str(folder / "postgres")
            options = postgres.DURABLE if durable else {}
            server = postgres.running(binaries, Path(socket_folder), **options)
            processes.append(stack.enter_context(server).pid)
            programs.append(
                f"{binaries} (PostgreSQL {postgres.server_version(binaries)})"
            )
        # First-run installations have the embedded broker and SQLite; others have
        # neither.
        own = database == "sqlite"
        binary = valkey.embedded_binary() if own else valkey.find_binary()
        broker = stack.enter_context(valkey.running(binary, folder / "broker"))
        yield Servers(
            folder=str(folder / "files"),
            postgres=socket_folder,
            broker=broker.url,
            programs=[*programs, str(binary)],
            processes=[*processes, broker.process.pid],
        )


def main() -> None:
    database, *how = sys.argv[1:]
    if database not in get_args(Database):
        raise SystemExit(f"{database}: not one of {get_args(Database)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with servers(database, durable="durable" in how) as running:
        print(json.dumps(asdict(running)), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
