"""Check out the previous version of the code, to run beside this one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.portal_processes import ROOT

MIGRATIONS = "streams/migrations"


class NoHistory(RuntimeError):
    """No earlier version is available; the message says what to do."""


def previous_commit() -> str:
    """Return the last commit before the newest migration.

    That is what a deployment meets: new tables, and workers of the previous version.
    Raises NoHistory.
    """
    try:
        if _told("rev-parse", "--is-shallow-repository") == "true":
            raise NoHistory(
                "The history is shallow: run `git fetch --unshallow` first."
            )
        newest = _told("log", "-1", "--format=%H", "--", MIGRATIONS)
        return _told("rev-parse", f"{newest}^")
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoHistory(f"An upgrade is tested in a git clone alone: {error}") from None


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Check out the files of a commit into a folder; the clone is not touched."""
    with TemporaryDirectory(prefix="portal-before-") as folder:
        files = _git("archive", commit)
        subprocess.run(["tar", "-x", "-C", folder], input=files, check=True)
        yield Path(folder)


def _git(*arguments: str) -> bytes:
    # The clone may belong to another user than the tests: it is only read.
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout


def _told(*arguments: str) -> str:
    return _git(*arguments).decode().strip()


def ingest_of(code: Path) -> list[str]:
    """Return the gunicorn arguments of ingest, from that version's compose file."""
    compose = yaml.safe_load((code / "docker" / "compose.yaml").read_text())
    _, *arguments = compose["services"]["ingest"]["command"].split()
    ours = ("--bind", "--workers", "--no-control-socket")
    return [each for each in arguments if not each.startswith(ours)]


def web_of(code: Path) -> list[str]:
    """Return the gunicorn arguments of the web, from that version's Dockerfile."""
    docker = (code / "docker" / "Dockerfile").read_text()
    _, *arguments = json.loads(docker.rpartition("\nCMD ")[2])
    ours = ("--bind", "--workers", "--no-control-socket")
    return [each for each in arguments if not each.startswith(ours)]
