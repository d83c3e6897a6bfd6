"""The servers of a run end with it, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from tests.servers import postgres
from tests.servers.child_processes import start
from tests.servers.keeper import ROOT, Keeper

pytestmark = pytest.mark.processes

A_RUN = """
import os, signal
from tests.servers.keeper import Keeper
keeper = Keeper("postgres")
print(keeper.pid, keeper.servers.folder, *keeper.servers.processes, flush=True)
signal.pause()
"""


@pytest.fixture
def run():
    """Return a process that keeps servers, as a run of the tests does."""
    command = [sys.executable, "-c", A_RUN]
    process = start(
        command, at_our_death=signal.SIGKILL, cwd=ROOT, stdout=subprocess.PIPE
    )
    with process:
        yield process
        process.kill()


@pytest.fixture
def keeper():
    keeper = Keeper("postgres")
    yield keeper
    keeper.stop()


@pytest.fixture
def public_folder(services):
    """A folder that PostgreSQL's user can reach. pytest's own folders are private."""
    folder = Path(services.servers.folder).with_name(f"public-{services.folder.name}")
    folder.mkdir(mode=0o711)
    return folder


def test_the_servers_respond(keeper):
    with psycopg.connect(host=keeper.servers.postgres, user="postgres") as connection:
        (one,) = connection.execute("SELECT 1").fetchone()
    with redis.Redis.from_url(keeper.servers.broker) as client:
        pong = client.ping()

    assert (one, pong) == (1, True)


def test_two_simultaneous_runs_share_nothing(keeper):
    other = Keeper("postgres")
    try:
        ours, theirs = keeper.servers, other.servers
        places = {ours.folder, ours.postgres, ours.broker}
        assert places.isdisjoint({theirs.folder, theirs.postgres, theirs.broker})
    finally:
        other.stop()


def test_sqlite_needs_no_postgresql():
    keeper = Keeper("sqlite")
    keeper.stop()

    assert (keeper.servers.postgres, len(keeper.servers.processes)) == ("", 1)


def test_stopping_leaves_nothing():
    keeper = Keeper("postgres")
    keeper.stop()

    assert left_of(keeper.servers.folder, keeper.servers.processes) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_run_leaves_nothing(run, number):
    _, folder, *processes = run.stdout.readline().decode().split()

    run.send_signal(number)

    assert_soon_nothing_is_left(folder, processes)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's PR_SET_PDEATHSIG")
def test_a_killed_keeper_leaves_no_server(run):
    keeper, folder, *processes = run.stdout.readline().decode().split()

    os.kill(int(keeper), signal.SIGKILL)

    assert_soon_nothing_is_left("", processes)
    shutil.rmtree(Path(folder).parent)  # no process is left to do it


def test_the_wheel_is_used_on_a_machine_without_postgresql(public_folder):
    folder = public_folder / "postgres"

    with (
        postgres.running(postgres.wheel_folder(), folder),
        psycopg.connect(host=str(folder), user="postgres") as connection,
    ):
        version = connection.info.server_version

    assert version >= postgres.OLDEST * 10_000


@pytest.mark.parametrize(
    ("program", "usable"),
    [
        ("echo 'postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'", True),
        ("echo 'postgres (PostgreSQL) 18beta1'", True),
        ("echo 'postgres (PostgreSQL) 14.9'", False),
        ("exit 127", False),
    ],
)
def test_a_server_is_used_if_it_runs_and_is_new_enough(tmp_path, program, usable):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / name).chmod(0o755)

    assert postgres.is_usable(tmp_path) is usable


def assert_soon_nothing_is_left(folder: str, processes: list[str]) -> None:
    """Check that both the processes and the files are gone within 10 seconds."""
    give_up = time.monotonic() + 10
    while left := left_of(folder, processes):
        assert time.monotonic() < give_up, f"still there: {left}"
        time.sleep(0.05)


def left_of(folder: str, processes: list[str]) -> list[str]:
    places = [f"/proc/{process}" for process in processes] + [folder]
    return [place for place in places if place and Path(place).exists()]
