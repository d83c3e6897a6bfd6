"""Run PgBouncer in front of the test's PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.portal_processes import until
from tests.servers.child_processes import start, stop
from tests.servers.postgres import NOBODY
from tests.servers.valkey import free_port


def find_binary() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def pooled(database_url: str, folder: Path, *, mode: str) -> Iterator[str]:
    """Yield the URL of the same database through a PgBouncer in this mode."""
    parts, port = urlsplit(database_url), free_port()
    host = parse_qs(parts.query)["host"][0]
    ini = folder / f"pgbouncer-{mode}.ini"
    ini.write_text(
        f"[databases]\n* = host={host} user=postgres\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        f"pool_mode = {mode}\nunix_socket_dir =\n"
    )
    folder.chmod(0o755)
    ini.chmod(0o644)
    drop = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
    ini_read = ini.open("rb")
    program = start(
        [find_binary() or "pgbouncer", f"/dev/fd/{ini_read.fileno()}"],
        at_our_death=signal.SIGKILL,
        pass_fds=[ini_read.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **drop,
    )
    try:
        until(lambda: _listens(port))
        yield f"postgres://postgres@127.0.0.1:{port}{parts.path}"
    finally:
        stop(program, signal.SIGTERM)
        ini_read.close()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
